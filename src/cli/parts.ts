/** Parts by name: how a task, a reward, a credit or an objective is written down where there is no code. */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import { check, expected, keyed, unknownName } from '../train/schema.ts'
import { parseSpec, type Spec } from './spec.ts'

/** How one part is made from its options. */
export interface Part<T> {
  /** The options' names; values without a name are given to them in this order. */
  readonly keys: readonly string[]
  /** All values without a name are one list, the first option. */
  readonly rest?: boolean
  readonly schema: z.ZodType<T>
}

export type Parts<T> = Readonly<Record<string, Part<T>>>

/** A part whose options have this shape. An error that `make` throws is an error of the options. */
export function part<Shape extends z.core.$ZodLooseShape, T>(
  shape: Shape,
  make: (options: z.output<z.ZodObject<Shape, z.core.$strict>>) => T,
): Part<T> {
  const schema = keyed(shape).transform((options, context) => {
    try {
      return make(options)
    } catch (thrown) {
      if (!(thrown instanceof GuerdonError)) throw thrown
      context.addIssue({ code: 'custom', message: thrown.message })
      return z.NEVER
    }
  })
  return { keys: Object.keys(shape), schema }
}

/**
 * A part as it is written: `name`, `name(option=value)`, `{ name, option: value }`, or, in code, the thing itself, which
 * `is` recognises.
 */
export function choice<T>(kind: string, parts: Parts<T>, is: (value: object) => value is T & object): z.ZodType<T> {
  return z.unknown().transform((written, context): T => {
    if (typeof written === 'object' && written !== null && is(written)) return written
    const read = partOf(kind, parts, written)
    if ('value' in read) return read.value
    for (const { path, message } of read.problems) context.addIssue({ code: 'custom', message, path: [...path] })
    return z.NEVER
  })
}

function partOf<T>(kind: string, parts: Parts<T>, written: unknown): ReturnType<typeof check<T>> {
  const spec = specOf(written)
  if (spec === undefined)
    return wrong(
      expected(`the name of ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} or an object with a 'name'`, written),
    )
  if (typeof spec === 'string') return wrong(spec)
  const found = Object.hasOwn(parts, spec.name) ? parts[spec.name] : undefined
  if (found === undefined)
    return wrong(unknownName(kind, spec.name, Object.keys(parts)), Object(written).name !== undefined)
  const { keys } = found
  const values = found.rest === true && spec.positional.length > 0 ? [spec.positional] : spec.positional
  if (values.length > keys.length) return wrong(`${spec.name} takes ${keys.length} values, got ${values.length}`)
  return check(found.schema, { ...Object.fromEntries(values.map((value, i) => [keys[i], value])), ...spec.options })
}

function wrong(message: string, byName = false) {
  return { problems: [{ path: byName ? ['name'] : [], message }] }
}

function specOf(written: unknown): Spec | string | undefined {
  if (typeof written === 'string') {
    try {
      return parseSpec(written)
    } catch (thrown) {
      if (thrown instanceof GuerdonError) return thrown.message
      throw thrown
    }
  }
  if (typeof written !== 'object' || written === null || !('name' in written) || typeof written.name !== 'string')
    return undefined
  // A spec within a spec is read already.
  if (isSpec(written)) return written
  const { name, ...options } = written
  return { name, positional: [], options }
}

function isSpec(value: object): value is Spec {
  return 'positional' in value && Array.isArray(value.positional) && 'options' in value
}
