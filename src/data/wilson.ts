/**
 * The Wilson score interval of a proportion (Wilson 1927): with p successes a trial in n trials and z = 1.96,
 *
 *     (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
 *
 * Unlike p ± z sqrt(p(1-p)/n) it stays within [0, 1] and says something for p = 0, p = 1 and small n.
 */

/** The ends of the interval that covers the true proportion in 95 % of all cases. [0, 1] where n is 0. */
export function wilsonInterval(share: number, n: number): readonly [low: number, high: number] {
  if (n === 0) return [0, 1]
  // The 97.5th percentile of the normal distribution.
  const z = 1.959963984540054
  const centre = share + z ** 2 / (2 * n)
  const reach = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))
  const scale = 1 + z ** 2 / n
  return [Math.max(0, (centre - reach) / scale), Math.min(1, (centre + reach) / scale)]
}
