import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOf, metricCharts, titleOf } from '../../src/runs/metricCharts.ts'
import type { MetricsLine } from '../../src/runs/metricsLog.ts'

const line = (step: number, metrics: MetricsLine['metrics'], time: MetricsLine['time'] = {}): MetricsLine => ({
  step,
  at: 0,
  metrics,
  time,
})

test('known names come first and in order, families share a chart, times come last and one by one', () => {
  const charts = metricCharts([
    line(
      1,
      { clipped: 1, 'unscored/judge': 0, gradientNorm: 2, 'unscored/sandbox': 0.1, reward: 3, 'reward/format': 1 },
      { seconds: 1, judge: 2 },
    ),
  ])
  const shown = charts.map(({ title, series }) => [title, ...series.map(({ name }) => name)])
  assert.deepEqual(shown, [
    ['Reward', 'mean', 'format'],
    ['Gradient norm', 'mean'],
    ['Unscored, by cause', 'judge', 'sandbox'],
    ['Clipped', 'mean'],
    ['Time', 'seconds'],
    ['Judge', 'judge'],
  ])
})

test('a metric logged now and then has its own steps and is drawn with points', () => {
  const lines = Array.from({ length: 40 }, (_, i) => line(i, i % 10 === 0 ? { kl: i, accuracy: i / 40 } : { kl: i }))
  const [accuracy, kl] = metricCharts(lines).map(({ series }) => series[0])
  assert.deepEqual(accuracy, { name: 'held-out', steps: [0, 10, 20, 30], values: [0, 0.25, 0.5, 0.75], sparse: true })
  assert.equal(kl.sparse, false)
  assert.equal(kl.steps.length, 40)
})

test('gaps stay gaps; what was never a number makes no chart; the last word on a step counts', () => {
  const charts = metricCharts([
    line(1, { kl: 1, loss: null }),
    line(2, { kl: null }),
    line(2, { entropy: 5 }),
    line(2, { entropy: 6 }),
  ])
  assert.deepEqual(
    charts.map(({ title, series }) => [title, series[0].steps, series[0].values]),
    [
      ['KL from the reference', [1, 2], [1, null]],
      ['Entropy', [2], [6]],
    ],
  )
})

test('a long run is drawn by the means of equal stretches', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => line(i, { reward: i, loss: i % 2 === 0 ? 10 : null }))
  const [reward, loss] = metricCharts(lines).map(({ series }) => series[0])
  assert.ok(reward.values.length <= 600 && reward.values.length >= 300)
  assert.equal(reward.values[0], (0 + 8) / 2, 'the mean of the steps 0 to 8')
  assert.deepEqual(new Set(loss.values), new Set([10]))
  assert.ok(reward.steps.every((step, i) => i === 0 || step > reward.steps[i - 1]))
})

test('names in words, values in their unit', () => {
  assert.equal(titleOf('gradientNorm'), 'Gradient norm')
  assert.equal(titleOf('ratioClippedHigh'), 'Ratio clipped high')
  assert.equal(titleOf('time/sampling'), 'Sampling')
  assert.equal(formatOf('accuracy'), 'share')
  assert.equal(formatOf('unscored/judge'), 'share')
  assert.equal(formatOf('reward'), 'number')
})
