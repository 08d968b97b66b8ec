/**
 * The scanner under the 13a and intl tokenisers. Both are defined as a chain of substitutions (mteval-v13a.pl and
 * mteval-v14.pl, of NIST's evaluation scripts; sacreBLEU's tokenizer_13a and tokenizer_intl):
 *
 *     symbols        s/(S)/ $1 /g
 *     before stops   s/([^N])(P)/$1 $2 /g      a stop after anything but a digit
 *     after stops    s/(P)([^N])/ $1 $2/g      a stop before anything but a digit
 *     hyphens        s/([0-9])(-)/$1 $2 /g     13a alone
 *
 * One pass gives the same tokens. A match of the second rule eats both its characters, so a run of stops falls into
 * pairs, and all that is left of the chain's order is this: a stop stays joined to the digit after it when it is the
 * last of its run and no pair took it, which depends on the parity of the run and on whether a digit came before.
 */
import type { TokenSpans } from './tokenSpans.ts'

/** What a character is to the scanner. */
export const LETTER = 0
export const DIGIT = 1
/** P: separated unless digits are beside it. */
export const STOP = 2
/** S: always a token of its own. */
export const SYMBOL = 3
export const SPACE = 4
/** A token of its own after a digit, a letter elsewhere. */
export const HYPHEN = 5

/** What differs between the two tokenisers. */
export interface CharacterKinds {
  /** The kind of each code unit below 128. */
  readonly ascii: Uint8Array
  /** The kind of any other code point. */
  readonly beyond: (codePoint: number) => number
  /** Whether the text is padded with spaces first: if not, a stop at either end has no neighbour to be split from. */
  readonly padded: boolean
}

/** Writes the tokens of spans.text, which `beginSpans` has set, to `spans`. */
export function scanPunctuation(spans: TokenSpans, kinds: CharacterKinds): void {
  const { text, starts, ends } = spans
  const { ascii, beyond, padded } = kinds
  const length = text.length
  let count = 0
  // Where the open token started, or -1; and the kind of the character before i.
  let open = -1
  let before = padded ? SPACE : DIGIT
  let i = 0
  while (i < length) {
    const code = text.charCodeAt(i)
    let width = 1
    let kind: number
    if (code < 128) kind = ascii[code]
    else if (code < 0xd800 || code > 0xdbff) kind = beyond(code)
    else {
      const point = text.codePointAt(i) ?? code
      width = point > 0xffff ? 2 : 1
      kind = beyond(point)
    }
    if (kind === LETTER || kind === DIGIT || (kind === HYPHEN && before !== DIGIT)) {
      if (open < 0) open = i
      before = kind
      i += width
      continue
    }
    if (kind === STOP) {
      // The run of stops: where it ends, how many there are, where its last one starts, what follows.
      let end = i
      let stops = 0
      let last = i
      let next = padded ? SPACE : DIGIT
      while (end < length) {
        const point = text.codePointAt(end) ?? 0
        const kindHere = point < 128 ? ascii[point] : beyond(point)
        if (kindHere !== STOP) {
          next = kindHere
          break
        }
        last = end
        stops++
        end += point > 0xffff ? 2 : 1
      }
      const joined = next === DIGIT && (before === DIGIT) === (stops % 2 === 1)
      if (!(joined && stops === 1)) {
        if (open >= 0) {
          starts[count] = open
          ends[count++] = i
        }
        open = -1
        let from = i
        const until = joined ? last : end
        while (from < until) {
          const to = from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1)
          starts[count] = from
          ends[count++] = to
          from = to
        }
      }
      if (joined && open < 0) open = last
      before = STOP
      i = end
      continue
    }
    if (open >= 0) {
      starts[count] = open
      ends[count++] = i
      open = -1
    }
    if (kind !== SPACE) {
      starts[count] = i
      ends[count++] = i + width
    }
    before = kind
    i += width
  }
  if (open >= 0) {
    starts[count] = open
    ends[count++] = length
  }
  spans.count = count
}
