/** Options that several commands have, and reading numbers from flags. */
import { InvalidArgumentError, Option } from 'commander'
import { type Device, devices } from '../graph/device.ts'

/** `--device`: where the model runs. */
export function deviceOption(): Option {
  return new Option('--device <device>', 'where the model runs').choices(devices)
}

/** The device as an option of a policy: absent where none was named. */
export function deviceOf({ device }: { readonly device?: Device }): { readonly device?: Device } {
  return device === undefined ? {} : { device }
}

/** A whole number, at least `least`. */
export function wholeNumber(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`)
  }
}

/** A number above 0; with `zero`, 0 too; at most `most`. */
export function numberAbove(
  options: { readonly zero?: boolean; readonly most?: number } = {},
): (text: string) => number {
  const { zero = false, most = Number.POSITIVE_INFINITY } = options
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && (zero ? value >= 0 : value > 0) && value <= most) return value
    const upTo = Number.isFinite(most) ? `, at most ${most}` : ''
    throw new InvalidArgumentError(`Expected a number ${zero ? 'of at least' : 'above'} 0${upTo}.`)
  }
}

/** Whole numbers with commas between them: 1,4,16. */
export function wholeNumbers(text: string): number[] {
  return text.split(',').map((each) => wholeNumber(1)(each.trim()))
}

/** A seed: a whole number where it looks like one, else the text. */
export function seedOf(text: string): number | string {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text
}
