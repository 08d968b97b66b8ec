/** Boxes in text: groups of four numbers, as grounding models write them. */

/** Left, top, right, bottom. */
export type Box = readonly [x1: number, y1: number, x2: number, y2: number]

const NUMBER = String.raw`\s*(-?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:e[-+]?\d{1,4})?)\s*`
const BOX = new RegExp(String.raw`[[(]${NUMBER},${NUMBER},${NUMBER},${NUMBER}[\])]`, 'gi')

/** The boxes of a text in the order written: every `[x1, y1, x2, y2]` or `(x1, y1, x2, y2)`, wherever it stands. */
export function boxesIn(text: string): Box[] {
  return Array.from(text.matchAll(BOX), (found): Box => {
    return [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]
  })
}

/** Whether a box has a positive area and finite corners. */
export function isBox([x1, y1, x2, y2]: Box): boolean {
  return [x1, y1, x2, y2].every(Number.isFinite) && x2 > x1 && y2 > y1
}

/** Intersection over union of two boxes; 0 where one of them is inverted, empty or not finite. */
export function boxIou(a: Box, b: Box): number {
  if (!isBox(a) || !isBox(b)) return 0
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  const ratio = shared / (area(a) + area(b) - shared)
  // Corners near the greatest double overflow to Infinity / Infinity.
  return Number.isFinite(ratio) ? ratio : 0
}

function area([x1, y1, x2, y2]: Box): number {
  return (x2 - x1) * (y2 - y1)
}
