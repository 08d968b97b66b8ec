/**
 * Symbolic shapes. A dimension is a number, or a polynomial with whole coefficients over named dimensions, kept as a
 * canonical string ('batch', 'batch*length', 'past + length'): two dimensions are equal exactly when they are ===.
 */

/** A size that is known (7) or named ('batch'). */
export type Dim = number | string
export type Shape = readonly Dim[]

/** Monomials ('' for the constant, 'batch*length' with sorted names) and their coefficients. */
type Polynomial = ReadonlyMap<string, number>

const parsed = new Map<string, Polynomial>()

function polynomial(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map([['', dim]])
  let known = parsed.get(dim)
  if (known === undefined) {
    const terms = new Map<string, number>()
    for (const term of dim.split(' + ')) {
      const [, coefficient, names] = /^(?:(-?\d+)\*?)?(.*)$/.exec(term) ?? []
      terms.set(names, Number(coefficient ?? 1))
    }
    parsed.set(dim, (known = terms))
  }
  return known
}

function canonical(terms: Map<string, number>): Dim {
  const kept = [...terms].filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => (a < b ? 1 : -1))
  if (kept.length === 0) return 0
  if (kept.length === 1 && kept[0][0] === '') return kept[0][1]
  return kept
    .map(([names, coefficient]) =>
      names === '' ? String(coefficient) : coefficient === 1 ? names : `${coefficient}*${names}`,
    )
    .join(' + ')
}

/** Whether a dimension is a single name. */
export function isName(dim: Dim): dim is string {
  return typeof dim === 'string' && /^[A-Za-z_]\w*$/.test(dim)
}

/** Whether a dimension is a size, or a polynomial over names in its canonical form. */
export function isDim(dim: Dim): boolean {
  if (typeof dim === 'number') return Number.isSafeInteger(dim) && dim >= 0
  const terms = termsOf(dim)
  const written = addDims(...terms.map(([coefficient, names]) => multiplyDims(coefficient, ...names)))
  return written === dim && terms.every(([, names]) => names.every(isName))
}

/** The sum of dimensions. */
export function addDims(...dims: Dim[]): Dim {
  const sum = new Map<string, number>()
  for (const dim of dims)
    for (const [names, coefficient] of polynomial(dim)) sum.set(names, (sum.get(names) ?? 0) + coefficient)
  return canonical(sum)
}

/** The product of dimensions; 1 for none. */
export function multiplyDims(...dims: Dim[]): Dim {
  let product: Polynomial = new Map([['', 1]])
  for (const dim of dims) {
    const next = new Map<string, number>()
    for (const [left, a] of product)
      for (const [right, b] of polynomial(dim)) {
        const names = [...left.split('*'), ...right.split('*')].filter(Boolean).sort().join('*')
        next.set(names, (next.get(names) ?? 0) + a * b)
      }
    product = next
  }
  return canonical(new Map(product))
}

/** a / b where it comes out even and b is one monomial ('4*batch'); undefined where it does not. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (a === b) return 1
  if (a === 0) return 0
  const divisor = [...polynomial(b)]
  if (divisor.length !== 1 || divisor[0][1] === 0) return undefined
  const [names, coefficient] = divisor[0]
  const quotient = new Map<string, number>()
  for (const [term, count] of polynomial(a)) {
    const rest = term.split('*').filter(Boolean)
    for (const name of names.split('*').filter(Boolean)) {
      const at = rest.indexOf(name)
      if (at < 0) return undefined
      rest.splice(at, 1)
    }
    if (count % coefficient !== 0) return undefined
    quotient.set(rest.join('*'), count / coefficient)
  }
  return canonical(quotient)
}

/** The monomials of a dimension: [coefficient, names]. */
export function termsOf(dim: Dim): readonly (readonly [number, readonly string[]])[] {
  return [...polynomial(dim)].map(([names, coefficient]) => [coefficient, names.split('*').filter(Boolean)])
}

/** The name and factor of a dimension that is one name or a multiple of one ('4*block'); undefined for any other. */
export function multipleOf(dim: Dim): { readonly name: string; readonly factor: number } | undefined {
  const [[factor, names], ...more] = termsOf(dim)
  return more.length === 0 && names.length === 1 ? { name: names[0], factor } : undefined
}

/** The value of a dimension once its names have sizes; undefined while one has none. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined {
  let total = 0
  for (const [coefficient, names] of termsOf(dim)) {
    let product = coefficient
    for (const name of names) {
      const size = sizes.get(name)
      if (size === undefined) return undefined
      product *= size
    }
    total += product
  }
  return total
}

/** The shape two operands broadcast to (NumPy's rule), or undefined where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: Dim[] = []
  for (let i = 0; i < rank; i++) {
    const left = a[i - rank + a.length] ?? 1
    const right = b[i - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) return undefined
    shape.push(left === 1 ? right : left)
  }
  return shape
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

/** [batch, 64] */
export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`
}
