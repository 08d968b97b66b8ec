/** The known name that a mistyped one was meant to be. */
import { editDistance } from './editDistance.ts'

/**
 * The name with the fewest edits from `given` (upper and lower case alike), or undefined where even that one differs
 * in more than half of its letters. Of equally near names the first.
 */
export function nearestName(given: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const name of names) {
    const edits = editDistance(given.toLowerCase(), name.toLowerCase())
    if (edits < least && edits <= Math.max(1, Math.floor(Math.max(given.length, name.length) / 2))) {
      nearest = name
      least = edits
    }
  }
  return nearest
}
