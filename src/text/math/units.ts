/**
 * Units after numbers: which are known, what they measure and how they convert (12 cm² = 0.0012 m², 60 km/h = 1000 m/min).
 * Words that are no known unit (apples, units, people) are kept but say nothing about the number.
 */
import { newBudget } from './budget.ts'
import { multiply, ONE, power, type Rational, rational } from './rational.ts'

export interface Unit {
  readonly text: string
  /** What it measures, such as 'length^2 time^-1'; undefined where the words are no known unit. */
  readonly dimension: string | undefined
  /** One of it in the base unit of its dimension. */
  readonly factor: Rational
}

interface Known {
  readonly dimension: string
  readonly factor: Rational
}

const r = (n: number, d = 1): Rational => rational(BigInt(n), BigInt(d), newBudget())

/** dimension, then the size in base units, then the names. */
const TABLE: readonly (readonly [string, Rational, string])[] = [
  ['length', r(1), 'm meter metre'],
  ['length', r(1000), 'km kilometer kilometre'],
  ['length', r(1, 100), 'cm centimeter centimetre'],
  ['length', r(1, 1000), 'mm millimeter millimetre'],
  ['length', r(1, 1_000_000), 'μm micrometer micrometre micron'],
  ['length', r(1, 1_000_000_000), 'nm nanometer nanometre'],
  ['length', r(254, 10_000), 'in inch inche'],
  ['length', r(3048, 10_000), 'ft foot feet'],
  ['length', r(9144, 10_000), 'yd yard'],
  ['length', r(1_609_344, 1000), 'mi mile'],
  ['mass', r(1), 'g gram'],
  ['mass', r(1000), 'kg kilogram kilo'],
  ['mass', r(1, 1000), 'mg milligram'],
  ['mass', r(45_359_237, 100_000), 'lb lbs'],
  ['mass', r(28_349_523_125, 1_000_000_000), 'oz ounce'],
  ['time', r(1), 's sec second'],
  ['time', r(1, 1000), 'ms millisecond'],
  ['time', r(1, 1_000_000), 'μs microsecond'],
  ['time', r(1, 1_000_000_000), 'ns nanosecond'],
  ['time', r(60), 'min minute'],
  ['time', r(3600), 'h hr hour'],
  ['time', r(86_400), 'day'],
  ['time', r(604_800), 'week'],
  ['month', r(1), 'month'],
  ['month', r(12), 'year yr'],
  ['degree', r(1), 'degree deg °'],
  ['radian', r(1), 'radian rad'],
  ['dollar', r(1), '$ dollar usd buck'],
  ['dollar', r(1, 100), 'cent ¢'],
  ['euro', r(1), '€ euro eur'],
  ['sterling', r(1), '£ gbp'],
  ['yen', r(1), '¥ yen yuan'],
  ['rupee', r(1), '₹ rupee'],
  ['force', r(1), 'N newton'],
  ['energy', r(1), 'J joule'],
  ['energy', r(1000), 'kJ kilojoule'],
  ['power', r(1), 'W watt'],
  ['power', r(1000), 'kW kilowatt'],
  ['voltage', r(1), 'V volt'],
  ['pressure', r(1), 'Pa pascal'],
  ['pressure', r(1000), 'kPa kilopascal'],
  ['pressure', r(101_325), 'atm atmosphere'],
  ['frequency', r(1), 'Hz hertz'],
  ['frequency', r(1000), 'kHz kilohertz'],
  ['frequency', r(1_000_000), 'MHz megahertz'],
  ['amount', r(1), 'mol mole'],
  ['current', r(1), 'A amp ampere'],
  ['charge', r(1), 'C coulomb'],
  ['resistance', r(1), 'Ω ohm'],
  ['resistance', r(1000), 'kΩ kiloohm'],
  ['temperature', r(1), 'K kelvin'],
  ['celsius', r(1), '°C celsius'],
  ['fahrenheit', r(1), '°F fahrenheit'],
]

const KNOWN = new Map<string, Known>()
for (const [dimension, factor, names] of TABLE) {
  for (const name of names.split(' ')) KNOWN.set(name, { dimension, factor })
}
// A litre is a cubed length, a mile an hour a speed: written here because their dimension is compound.
for (const name of ['L', 'l', 'liter', 'litre']) KNOWN.set(name, { dimension: 'length^3', factor: r(1, 1000) })
for (const name of ['mL', 'ml', 'cc', 'milliliter', 'millilitre'])
  KNOWN.set(name, { dimension: 'length^3', factor: r(1, 1_000_000) })
// Measures of liquids in the United States, from the gallon of 231 cubic inches.
for (const [name, share] of [
  ['gallon', 1],
  ['gal', 1],
  ['quart', 4],
  ['pint', 8],
  ['cup', 16],
] as const)
  KNOWN.set(name, { dimension: 'length^3', factor: r(473_176_473, 125_000_000_000 * share) })
for (const name of ['am', 'AM']) KNOWN.set(name, { dimension: 'morning', factor: r(1) })
for (const name of ['pm', 'PM']) KNOWN.set(name, { dimension: 'afternoon', factor: r(1) })
KNOWN.set('mph', { dimension: 'length time^-1', factor: r(1_609_344, 3_600_000) })
for (const name of ['kph', 'kmph', 'kmh']) KNOWN.set(name, { dimension: 'length time^-1', factor: r(1000, 3600) })

const MULTIPLIERS: Readonly<Record<string, number>> = {
  dozen: 12,
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
}

/** 12 for 'dozen', 1 000 000 for 'million' and so on; undefined for other words. */
export function multiplier(word: string): number | undefined {
  const name = word.toLowerCase()
  return Object.hasOwn(MULTIPLIERS, name) ? MULTIPLIERS[name] : undefined
}

/** Letters that may be a unit and may be a variable. */
export function isDoubtfulUnit(text: string): boolean {
  return /^[A-Za-z]$/.test(text) || GREEK_UNITS.has(text)
}

/** Greek letters that begin a unit, by the name that LaTeX and the lexer give them. */
export const GREEK_UNITS: ReadonlyMap<string, string> = new Map([
  ['Omega', 'Ω'],
  ['mu', 'μ'],
])

/** Whether a single word is a unit that converts. */
export function isKnownUnit(word: string): boolean {
  return lookUp(word) !== undefined
}

/** The unit that some words spell: 'cm^2', 'square feet', 'km/h', 'miles per hour', 'apples'. */
export function readUnit(words: string): Unit {
  const text = words
    .replace(/\\?\b(?:Omega|mu) ?/g, (name) => GREEK_UNITS.get(name.replace(/[\\ ]/g, '')) ?? name)
    .replace(/(?:°|\bdeg(?:rees?)?) ?([CF])(?:elsius|ahrenheit)?\b/gi, (_, scale) => `°${scale.toUpperCase()}`)
    .replace(/\s+/g, ' ')
    .trim()
  const unknown: Unit = { text, dimension: undefined, factor: ONE }
  if (text.length > 60) return unknown
  const budget = newBudget(1000)
  const dimensions = new Map<string, number>()
  let factor: Rational = ONE
  let sign = 1
  let raise = 1
  for (const part of text.split(/[\s.*·]+|(?=\/)|(?<=\/)/)) {
    const word = part.toLowerCase()
    if (word === '' || word === 'of' || word === 'a') continue
    if (word === '/' || word === 'per') sign = -1
    else if (word === 'square' || word === 'sq') raise = 2
    else if (word === 'cubic' || word === 'cu') raise = 3
    else {
      const [, name = '', exponent] = /^([^\d^-]+)\^?(-?\d)?$/u.exec(part) ?? []
      const known = lookUp(name)
      if (known === undefined) return unknown
      const times = sign * (exponent === undefined ? raise : Number(exponent))
      const scaled = power(known.factor, BigInt(times), budget)
      if (scaled === undefined) return unknown
      factor = multiply(factor, scaled, budget)
      for (const piece of known.dimension.split(' ')) {
        const [base, degree = '1'] = piece.split('^')
        dimensions.set(base, (dimensions.get(base) ?? 0) + Number(degree) * times)
      }
      raise = 1
    }
  }
  const dimension = [...dimensions]
    .filter(([, degree]) => degree !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([base, degree]) => (degree === 1 ? base : `${base}^${degree}`))
    .join(' ')
  return { text, dimension: dimension === '' ? undefined : dimension, factor }
}

function lookUp(name: string): Known | undefined {
  if (name === '') return undefined
  const lower = name.toLowerCase()
  // Only names of three letters and more may be written with capitals or in the plural.
  return KNOWN.get(name) ?? (lower.length < 3 ? undefined : (KNOWN.get(lower) ?? KNOWN.get(lower.replace(/s$/, ''))))
}
