/** Functions of rational numbers whose value is rational: factorials, binomials, greatest common divisors and the like. */
import { type Budget, BudgetSpent, spend } from './budget.ts'
import { bits, compare, floor, gcd, MOST_BITS, negate, type Rational, whole } from './rational.ts'

/** The exact value, or undefined where the function has none of this kind or it would be too large. */
export function evaluateExactly(
  name: string,
  args: readonly (Rational | undefined)[],
  budget: Budget,
): Rational | undefined {
  const known = args.filter((argument) => argument !== undefined)
  if (known.length !== args.length || known.length === 0) return undefined
  const [first, second] = known
  switch (name) {
    case 'factorial':
      return descending(first, 1n, budget)
    case 'doubleFactorial':
      return descending(first, 2n, budget)
    case 'binomial':
      return binomial(first, second, budget)
    case 'abs':
      return first.n < 0n ? negate(first) : first
    case 'floor':
      return whole(floor(first))
    case 'ceil':
      return whole(-floor(negate(first)))
    case 'sgn':
      return whole(first.n < 0n ? -1 : first.n > 0n ? 1 : 0)
    case 'max':
      return known.reduce((a, b) => (compare(a, b) >= 0 ? a : b))
    case 'min':
      return known.reduce((a, b) => (compare(a, b) <= 0 ? a : b))
    case 'gcd':
    case 'lcm':
      return known.every((value) => value.d === 1n)
        ? divisor(
            name,
            known.map((value) => value.n),
            budget,
          )
        : undefined
    default:
      return undefined
  }
}

/** n (n - step) (n - 2 step) ... down to the last positive factor. */
function descending(n: Rational, step: bigint, budget: Budget): Rational | undefined {
  if (n.d !== 1n || n.n < 0n || n.n > 4000n) return undefined
  let value = 1n
  for (let factor = n.n; factor > 1n; factor -= step) {
    value *= factor
    spend(budget, 0.3)
  }
  return bits(value) > MOST_BITS ? undefined : whole(value)
}

function binomial(n: Rational, k: Rational | undefined, budget: Budget): Rational | undefined {
  if (k === undefined || n.d !== 1n || k.d !== 1n || k.n < 0n || n.n < 0n) return undefined
  if (k.n > n.n) return whole(0)
  const steps = k.n * 2n > n.n ? n.n - k.n : k.n
  if (steps > 500n || bits(n.n) > 64) return undefined
  let value = 1n
  for (let i = 1n; i <= steps; i++) {
    value = (value * (n.n - steps + i)) / i
    spend(budget, 0.3)
  }
  return whole(value)
}

function divisor(name: 'gcd' | 'lcm', values: readonly bigint[], budget: Budget): Rational {
  if (values.reduce((size, value) => size + bits(value), 0) > MOST_BITS) throw new BudgetSpent()
  return whole(
    values.reduce((a, b) =>
      name === 'gcd' ? gcd(a, b, budget) : a === 0n || b === 0n ? 0n : (a * b) / gcd(a, b, budget),
    ),
  )
}
