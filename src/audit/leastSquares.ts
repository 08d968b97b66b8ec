/** Linear least squares with a little ridge: w = (X'X + lambda I)^-1 X'y, lambda a millionth of X'X's mean diagonal. */

/** The weights of the columns of X. Columns that say the same share their weight. */
export function leastSquares(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const width = rows[0]?.length ?? 0
  const system = Array.from({ length: width }, (_, i) => [
    ...Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)),
    rows.reduce((sum, row, k) => sum + row[i] * targets[k], 0),
  ])
  const ridge = (1e-6 * system.reduce((sum, row, i) => sum + row[i], 0)) / width
  system.forEach((row, i) => {
    row[i] += ridge
  })
  // Gauss with pivots.
  for (let i = 0; i < width; i++) {
    let pivot = i
    for (let k = i + 1; k < width; k++) if (Math.abs(system[k][i]) > Math.abs(system[pivot][i])) pivot = k
    ;[system[i], system[pivot]] = [system[pivot], system[i]]
    for (let k = i + 1; k < width; k++) {
      const factor = system[k][i] / system[i][i]
      for (let j = i; j <= width; j++) system[k][j] -= factor * system[i][j]
    }
  }
  const weights = new Array<number>(width).fill(0)
  for (let i = width - 1; i >= 0; i--) {
    const known = weights.reduce((sum, weight, j) => (j > i ? sum + system[i][j] * weight : sum), 0)
    weights[i] = (system[i][width] - known) / system[i][i]
  }
  return weights
}
