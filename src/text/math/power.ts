/** Powers of normal forms: whole, rational and symbolic exponents. */
import { spend } from './budget.ts'
import {
  constantPolynomial,
  IMAGINARY,
  keyOf,
  keyOfPowers,
  MOST_TERMS,
  monomial,
  multiplyPolynomials,
  onlyTerm,
  type Polynomial,
  type Power,
  PRIME,
  scalePolynomial,
  sortedTerms,
  type Term,
} from './polynomial.ts'
import {
  invertQuotient,
  isUnit,
  keyOfQuotient,
  multiplyQuotients,
  type Normalizer,
  named,
  type Quotient,
  rationalOf,
  UNIT,
} from './quotient.ts'
import { bits, gcd, invert, isWhole, multiply, negate, ONE, power, type Rational, whole } from './rational.ts'

/** base ^ exponent. */
export function raise(base: Quotient, exponent: Quotient, normalizer: Normalizer): Quotient {
  const degree = rationalOf(exponent)
  if (degree === undefined) return symbolicPower(base, exponent, normalizer)
  return isWhole(degree) ? wholePower(base, degree, normalizer) : rootPower(base, degree, normalizer)
}

function wholePower(base: Quotient, degree: Rational, normalizer: Normalizer): Quotient {
  const { budget } = normalizer
  if (degree.n === 0n) return { top: UNIT, bottom: UNIT }
  if (degree.n < 0n) return wholePower(invertQuotient(base, budget), negate(degree), normalizer)
  const term = onlyTerm(base.top)
  if (term !== undefined && isUnit(base.bottom)) return { top: termPower(term, degree, normalizer), bottom: UNIT }
  if (base.top.size === 0) return base
  const size = Math.max(base.top.size, base.bottom.size)
  // The expansion of a sum of t terms to the n-th power has up to C(n + t - 1, t - 1) terms.
  if (degree.n > 64n || manyWays(Number(degree.n), size)) {
    const atom = named(`[${keyOfQuotient(base, budget)}]`, normalizer)
    return powerOfAtom(atom, degree, normalizer)
  }
  let result = base
  for (let step = 1n; step < degree.n; step++) result = multiplyQuotients(result, base, budget)
  return result
}

function powerOfAtom(atom: Quotient, degree: Rational, { budget }: Normalizer): Quotient {
  const term = onlyTerm(atom.top)
  const powers = (term?.powers ?? []).map((part) => ({
    atom: part.atom,
    exponent: multiply(part.exponent, degree, budget),
  }))
  return { top: monomial(ONE, powers, budget), bottom: UNIT }
}

function manyWays(degree: number, terms: number): boolean {
  let ways = 1
  for (let i = 1; i < terms && ways <= MOST_TERMS; i++) ways *= (degree + i) / i
  return ways > MOST_TERMS
}

/** (c · a^p · b^q)^r for a whole r, or for a rational r where that keeps its meaning. */
function termPower(term: Term, degree: Rational, normalizer: Normalizer): Polynomial {
  const { budget } = normalizer
  const powers: Power[] = []
  for (const { atom, exponent } of term.powers) {
    const raised = multiply(exponent, degree, budget)
    // √(x²) is |x|, not x: an even power under an even root keeps its bars unless it stays even.
    const even = exponent.d === 1n && exponent.n % 2n === 0n && degree.d % 2n === 0n && atom[0] !== PRIME
    const staysEven = raised.d === 1n && raised.n % 2n === 0n
    if (even && !staysEven) normalizer.exact = false
    powers.push({ atom: even && !staysEven ? `|${atom}|` : atom, exponent: raised })
  }
  if (degree.d !== 1n && powers.some(({ atom }) => atom === IMAGINARY)) normalizer.exact = false
  const scale = rationalPower(term.coefficient, degree, normalizer)
  return multiplyPolynomials(
    scale,
    monomial(
      ONE,
      powers.sort((a, b) => (a.atom < b.atom ? -1 : 1)),
      budget,
    ),
    budget,
  )
}

/** c^r as a rational number times roots of primes; √-1 is i and an odd root of -1 is -1. */
function rationalPower(c: Rational, degree: Rational, normalizer: Normalizer): Polynomial {
  const { budget } = normalizer
  if (isWhole(degree)) {
    const exact = power(c, degree.n, budget)
    if (exact !== undefined) return constantPolynomial(exact)
  }
  if (c.n === 0n) return constantPolynomial(c)
  const powers = new Map<string, Rational>()
  const gather = (n: bigint, sign: Rational): void => {
    for (const [prime, count] of factorize(n, normalizer)) {
      powers.set(PRIME + prime, multiply(multiply(whole(count), degree, budget), sign, budget))
    }
  }
  gather(c.n < 0n ? -c.n : c.n, ONE)
  gather(c.d, whole(-1))
  let sign: Rational = ONE
  if (c.n < 0n) {
    if (degree.d % 2n === 1n) sign = degree.n % 2n === 0n ? ONE : whole(-1)
    else if (degree.d === 2n) powers.set(IMAGINARY, whole(degree.n))
    else {
      normalizer.exact = false
      powers.set('(-1)', degree)
    }
  }
  const sorted = [...powers].map(([atom, exponent]) => ({ atom, exponent })).sort((a, b) => (a.atom < b.atom ? -1 : 1))
  return monomial(sign, sorted, budget)
}

/** The primes of n below a thousand; what is left counts as a prime, which is exact while it is below a million. */
function factorize(n: bigint, normalizer: Normalizer): [bigint, number][] {
  const found: [bigint, number][] = []
  let rest = n
  const limit = bits(n) > 512 ? 50n : 1000n
  for (let p = 2n; p <= limit && p * p <= rest; p += p === 2n ? 1n : 2n) {
    let count = 0
    while (rest % p === 0n) {
      rest /= p
      count++
    }
    if (count > 0) found.push([p, count])
  }
  spend(normalizer.budget, 5)
  if (rest > 1n) {
    found.push([rest, 1])
    if (rest > limit * limit) normalizer.unfactored.add(rest)
  }
  return found
}

function rootPower(base: Quotient, degree: Rational, normalizer: Normalizer): Quotient {
  const { budget } = normalizer
  if (!isUnit(base.bottom)) {
    const top = rootPower({ top: base.top, bottom: UNIT }, degree, normalizer)
    const bottom = rootPower({ top: base.bottom, bottom: UNIT }, degree, normalizer)
    normalizer.exact = false
    return multiplyQuotients(top, invertQuotient(bottom, budget), budget)
  }
  if (base.top.size === 0) return degree.n > 0n ? base : invertQuotient(base, budget)
  const term = onlyTerm(base.top)
  if (term !== undefined) return { top: termPower(term, degree, normalizer), bottom: UNIT }
  // √(4x + 4) = 2 √(x + 1): the common rational factor comes out.
  const common = content(base.top, normalizer)
  const inside = keyOf(scalePolynomial(base.top, invert(common), budget))
  const root = powerOfAtom(named(`[${inside}]`, normalizer), degree, normalizer)
  return multiplyQuotients({ top: rationalPower(common, degree, normalizer), bottom: UNIT }, root, budget)
}

/** The positive rational number that divides all coefficients and leaves coprime whole ones. */
function content(a: Polynomial, { budget }: Normalizer): Rational {
  let n = 0n
  let d = 1n
  for (const { coefficient } of a.values()) {
    spend(budget, 2)
    n = gcd(n, coefficient.n, budget)
    d = (d * coefficient.d) / gcd(d, coefficient.d, budget)
  }
  return { n, d }
}

/** b^(c₀ + c₁m₁ + c₂m₂ ...) = b^c₀ · (b^m₁)^c₁ · (b^m₂)^c₂ ..., so that e^(2x) · e^x = e^(3x). */
function symbolicPower(base: Quotient, exponent: Quotient, normalizer: Normalizer): Quotient {
  const { budget } = normalizer
  normalizer.exact = false
  if (!isUnit(exponent.bottom))
    return named(`[${keyOfQuotient(base, budget)}]^[${keyOfQuotient(exponent, budget)}]`, normalizer)
  let result: Quotient = { top: UNIT, bottom: UNIT }
  for (const term of sortedTerms(exponent.top)) {
    const part =
      term.powers.length === 0
        ? raise(base, { top: constantPolynomial(term.coefficient), bottom: UNIT }, normalizer)
        : exponentialPart(base, term, normalizer)
    result = multiplyQuotients(result, part, budget)
  }
  return result
}

/** base^(c·m) with m a product of atoms: each factor f^k of the base gives the atom f^[m] to the power k·c. */
function exponentialPart(base: Quotient, term: Term, normalizer: Normalizer): Quotient {
  const { budget } = normalizer
  const over = `^[${keyOfPowers(term.powers)}]`
  const factor = isUnit(base.bottom) ? onlyTerm(base.top) : undefined
  if (factor === undefined || factor.coefficient.n < 0n)
    return powerOfAtom(named(`[${keyOfQuotient(base, budget)}]${over}`, normalizer), term.coefficient, normalizer)
  const parts: Power[] = factor.powers.map(({ atom, exponent }) => ({
    atom: atom + over,
    exponent: multiply(exponent, term.coefficient, budget),
  }))
  const primes = new Map<string, Rational>()
  for (const [n, sign] of [
    [factor.coefficient.n, 1],
    [factor.coefficient.d, -1],
  ] as const) {
    for (const [prime, count] of factorize(n, normalizer)) {
      primes.set(PRIME + prime + over, multiply(whole(sign * count), term.coefficient, budget))
    }
  }
  for (const [atom, exponent] of primes) parts.push({ atom, exponent })
  const sorted = parts.sort((a, b) => (a.atom < b.atom ? -1 : 1))
  return { top: monomial(ONE, sorted, budget), bottom: UNIT }
}
