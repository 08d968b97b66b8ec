/** A table of text: names at the left, numbers at the right of their columns. */
import { styleText } from 'node:util'

/** Lines with the columns aligned; the first row is the head. The first column is flush left, the others flush right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  )
  return [styleText('bold', lines[0]), ...lines.slice(1)].join('\n')
}

/** 12.5 %; – where there is none. */
export function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`
}

/** Three significant digits or a whole number; – where there is none. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}
