/**
 * Overlap of the boxes in the answer with the boxes of the reference: the grounding reward of Mixed-R1 (arXiv
 * 2505.24164; the paper's formula could not be read, so each choice is the usual one and an option where there are two).
 * Boxes are matched one to one, greatest intersection over union first,
 *
 *     value = sum of the matched boxes' IoU / max(boxes given, boxes wanted)
 */
import type { Json, Prompt } from '../data/message.ts'
import { scored, type Unscored, unscored } from '../data/score.ts'
import { type Box, boxesIn, boxIou, isBox } from '../text/boxes.ts'
import { defineReward, type Reward } from './reward.ts'

export interface IouOptions {
  /** A matched pair counts 1 from this IoU on and 0 below. Without it (the default) it counts its IoU. */
  readonly threshold?: number
}

/**
 * The matched overlap, in [0, 1]. The reference is a box [x1, y1, x2, y2] or a list of them; the answer's boxes are all
 * the groups of four numbers in its text. No box, or an inverted one, is worth 0. Parts: `boxes` (given), `matched`.
 */
export function iou(options: IouOptions = {}): Reward {
  return defineReward(
    'iou',
    ({ prompt, completion }) => {
      const wanted = referenceBoxes(prompt)
      if ('kind' in wanted) return wanted
      const given = boxesIn(completion.text)
      if (given.length === 0) {
        const feedback = 'there is no box [x1, y1, x2, y2] in the answer'
        return scored(0, { parts: { boxes: 0, matched: 0 }, feedback })
      }
      const overlaps = matchedOverlaps(given, wanted)
      const { threshold } = options
      const worth = overlaps.map((overlap) => (threshold === undefined ? overlap : Number(overlap >= threshold)))
      const value = worth.reduce((sum, each) => sum + each, 0) / Math.max(given.length, wanted.length)
      const feedback = complaint(given, wanted, overlaps)
      const parts = { boxes: given.length, matched: overlaps.length }
      return scored(value, { parts, ...(feedback === undefined ? {} : { feedback }) })
    },
    { range: [0, 1] },
  )
}

/** The IoU of each pair of a greedy one-to-one matching, greatest first; pairs that do not touch are no pairs. */
export function matchedOverlaps(given: readonly Box[], wanted: readonly Box[]): number[] {
  const pairs = given
    .flatMap((box, i) => wanted.map((other, j) => ({ i, j, overlap: boxIou(box, other) })))
    .filter(({ overlap }) => overlap > 0)
    .sort((a, b) => b.overlap - a.overlap)
  const [takenGiven, takenWanted] = [new Set<number>(), new Set<number>()]
  const overlaps: number[] = []
  for (const { i, j, overlap } of pairs) {
    if (takenGiven.has(i) || takenWanted.has(j)) continue
    takenGiven.add(i)
    takenWanted.add(j)
    overlaps.push(overlap)
  }
  return overlaps
}

function referenceBoxes(prompt: Prompt): readonly Box[] | Unscored {
  const { reference } = prompt
  const wrong = () =>
    unscored('reward', `prompt '${prompt.id}' has no box [x1, y1, x2, y2] or list of boxes as its reference`)
  if (!Array.isArray(reference) || reference.length === 0) return wrong()
  const boxes: Box[] = []
  for (const entry of typeof reference[0] === 'number' ? [reference] : reference) {
    const box = toBox(entry)
    if (box === undefined) return wrong()
    boxes.push(box)
  }
  return boxes
}

function toBox(value: Json): Box | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [x1, y1, x2, y2] = value.map(Number)
  return value.every((entry) => typeof entry === 'number') && isBox([x1, y1, x2, y2]) ? [x1, y1, x2, y2] : undefined
}

function complaint(given: readonly Box[], wanted: readonly Box[], overlaps: readonly number[]): string | undefined {
  if (overlaps.length > 0) {
    return given.length === wanted.length ? undefined : `${given.length} boxes given, ${wanted.length} wanted`
  }
  if (!given.some(isBox)) return 'no box of the answer has its right and bottom beyond its left and top'
  const ratio = extent(given) / extent(wanted)
  if (ratio > 5 || ratio < 0.2) return 'no box overlaps: the coordinates seem to be in another unit than the reference'
  return 'no box overlaps one of the reference'
}

function extent(boxes: readonly Box[]): number {
  return boxes.flat().reduce((largest, corner) => Math.max(largest, Math.abs(corner)), 0)
}
