/**
 * A rubric as a file: criteria, weights, scale and judge in YAML or JSON, for people who do not write code.
 *
 *     judge: { model: qwen2.5-7b-instruct, baseURL: http://127.0.0.1:8000/v1 }
 *     scale: [1, 5]
 *     criteria:
 *       - { name: correct, weight: 3, ask: Is every claim in the answer true? }
 *       - { name: polite, weight: 1, ask: Is the tone friendly and respectful? }
 */
import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { GuerdonError, messageOf } from '../../data/error.ts'
import { nearestName } from '../../text/nearestName.ts'

const text = z.string().trim().min(1)

/** How a criterion is answered: a whole number, yes or no, or the probability of yes. */
const scale = z.union([
  z.enum(['yes-no', 'probability']),
  z.tuple([z.int(), z.int()]).refine(([low, high]) => low < high, 'the first number must be below the second'),
])

const criterion = z.strictObject({
  /** The part's name in scores; letters, digits, spaces, `_` and `-`. */
  name: z.string().regex(/^[A-Za-z][\w -]*$/, 'a name starts with a letter and has letters, digits, spaces, _ and -'),
  /** The question about the answer; with scales of yes and no one that yes is the good answer to. */
  ask: text,
  weight: z.number().positive().default(1),
  /** What single numbers of the scale mean. */
  anchors: z.record(z.string().regex(/^-?\d+$/, 'the keys are numbers of the scale'), text).default({}),
})

const served = z.strictObject({
  model: text,
  baseURL: z.url({ protocol: /^https?$/ }),
  /** The environment variable that holds the key. */
  apiKeyEnv: text.optional(),
  /** Whether the server takes a schema with a request. */
  structured: z.boolean().optional(),
  /** Most questions at once. */
  concurrency: z.int().positive().default(8),
  requestsPerMinute: z.number().positive().optional(),
  /** Seconds for one try, from its being sent; a late one is tried again. */
  deadline: z.number().positive().default(60),
})

const embedded = z.strictObject({
  gguf: text,
  threads: z.int().positive().optional(),
  /** Seconds for one question, from its turn on; loading the model does not count. */
  deadline: z.number().positive().default(300),
})

const rubricSchema = z
  .strictObject({
    name: text.optional(),
    judge: z.union([served, embedded]),
    scale: scale.default([1, 5]),
    criteria: z
      .array(criterion)
      .min(1)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'two criteria have the same name'),
    /** What the judge should know besides: who asks, what the product is. */
    instructions: text.optional(),
    /** Whether the judge sees the known answer, where there is one. */
    reference: z.boolean().default(true),
    /** Independent judgements of each answer, averaged. */
    repetitions: z.int().positive().default(1),
    /** A folder where answers of the judge are kept, so that the same question is asked once. */
    cache: text.optional(),
    /** Answers that say nothing get the least value without being judged. */
    hardened: z.boolean().default(true),
  })
  .superRefine(({ scale: marks, criteria, repetitions }, context) => {
    if (marks === 'probability' && repetitions > 1)
      context.addIssue({
        code: 'custom',
        path: ['repetitions'],
        message: 'a probability is the same at every repetition',
      })
    criteria.forEach(({ anchors }, i) => {
      for (const number of Object.keys(anchors))
        if (!Array.isArray(marks) || Number(number) < marks[0] || Number(number) > marks[1])
          context.addIssue({
            ...{ code: 'custom', path: ['criteria', i, 'anchors', number] },
            message: `${number} is no number of the scale`,
          })
    })
  })

export type Rubric = z.output<typeof rubricSchema>

/** The rubric in a file. Throws a GuerdonError with the file, the line and the key for everything wrong in it. */
export function readRubric(file: string): Rubric {
  try {
    return parseRubric(readFileSync(file, 'utf8'), file)
  } catch (thrown) {
    if (thrown instanceof GuerdonError) throw thrown
    throw new GuerdonError(`the rubric cannot be read: ${messageOf(thrown)}`, { where: file, cause: thrown })
  }
}

/** The rubric in a text of YAML or JSON; `file` is what errors call it. */
export function parseRubric(source: string, file: string): Rubric {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const lineOf = (path: readonly PropertyKey[]): number => {
    // A key that is missing has no place: the nearest thing around it has.
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true)
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
        return lines.linePos(node.range[0]).line
    }
    return 1
  }
  const [error] = document.errors
  if (error !== undefined)
    throw new GuerdonError(error.message.split('\n')[0], { where: `${file}:${lines.linePos(error.pos[0]).line}` })
  const written = readValue(document, file)
  const read = rubricSchema.safeParse(written)
  if (read.success) return read.data
  const problems = problemsOf(read.error.issues, written).map(({ path, message }) => {
    const key = path.length === 0 ? '' : `${path.map(String).join('.')}: `
    return `${file}:${lineOf(path)}: ${key}${message}`
  })
  throw new GuerdonError(problems.join('\n'), { fix: 'see docs/rewards/rubrics.md for all keys' })
}

/** The document's value; aliases that unfold without end are refused there. */
function readValue(document: { toJS(): unknown }, file: string): unknown {
  try {
    return document.toJS()
  } catch (thrown) {
    throw new GuerdonError(messageOf(thrown), { where: file, cause: thrown })
  }
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

const keysOf: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(rubricSchema.shape),
  criteria: Object.keys(criterion.shape),
  judge: [...Object.keys(served.shape), ...Object.keys(embedded.shape)],
}

function problemsOf(issues: readonly z.core.$ZodIssue[], written: unknown): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key, issue.path) }))
    if (issue.code === 'invalid_union') return unionProblems(issue, written)
    const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue
    return [{ path: issue.path, message: plainly(message) }]
  })
}

/** The judge's complaints are about the kind that was meant; a scale is one of two things. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, written: unknown): readonly Problem[] {
  if (issue.path[0] !== 'judge')
    return [{ path: issue.path, message: "expected 'yes-no', 'probability', or two whole numbers such as [1, 5]" }]
  const judge: unknown = Object(written).judge
  if (typeof judge !== 'object' || judge === null)
    return [{ path: issue.path, message: 'expected { model, baseURL } or { gguf }' }]
  const meant = issue.errors['gguf' in judge ? 1 : 0] ?? []
  return problemsOf(
    meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] })),
    written,
  )
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = keysOf[path.length === 0 ? '' : String(path[0])] ?? []
  const near = nearestName(key, known)
  return `unknown key${near === undefined ? '' : `; did you mean '${near}'?`} (there are: ${known.join(', ')})`
}

function plainly(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/, received undefined$/, ', but it is missing')
}
