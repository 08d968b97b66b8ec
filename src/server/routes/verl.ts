/**
 * /verl: the arguments of veRL's compute_score, of one sample or, in the plural, of a batch. veRL must have a number; the
 * key `unscored`, which it logs beside the score, is 1 where that number stands for no score.
 */
import { z } from 'zod'
import { type Json, type Sample, userPrompt } from '../../data/message.ts'
import type { Score } from '../../data/score.ts'
import { type About, checked, columns, has, json, numberOf, type Question, type Route, sameLength } from '../route.ts'

const one = z.object({
  data_source: json.optional(),
  solution_str: z.string(),
  ground_truth: json.optional(),
  extra_info: columns.nullish(),
})
const many = z.object({
  data_sources: z.array(json).optional(),
  solution_strs: z.array(z.string()),
  ground_truths: z.array(json).optional(),
  extra_infos: z.array(columns.nullable()).optional(),
})
const result = z.looseObject({ score: z.number(), unscored: z.number() })

export const verl: Route = {
  path: '/verl',
  summary: "veRL's compute_score over HTTP, one sample or a batch",
  request: z.union([many, one]),
  response: z.union([result, z.object({ scores: z.array(result) })]),
  question: (body) =>
    has(body, 'solution_strs') ? batchQuestion(checked(many, body)) : sampleQuestion(checked(one, body)),
}

function sampleQuestion(body: z.output<typeof one>): Question {
  return { samples: [sampleOf(body, 0)], answer: ([score], about) => resultOf(score, about) }
}

function batchQuestion({ data_sources, solution_strs, ground_truths, extra_infos }: z.output<typeof many>): Question {
  sameLength({ solution_strs, data_sources, ground_truths, extra_infos })
  const samples = solution_strs.map((solution_str, i) =>
    sampleOf(
      { solution_str, data_source: data_sources?.[i], ground_truth: ground_truths?.[i], extra_info: extra_infos?.[i] },
      i,
    ),
  )
  return { samples, answer: (scores, about) => ({ scores: scores.map((score) => resultOf(score, about)) }) }
}

/** veRL hands over no prompt; where the data set keeps it in extra_info (prompt or question) the reward sees it. */
function sampleOf({ data_source, solution_str, ground_truth, extra_info }: z.output<typeof one>, at: number): Sample {
  const said = extra_info?.prompt ?? extra_info?.question
  const source = data_source === undefined ? '' : String(data_source)
  const id = `${source}/${shown(extra_info?.index ?? at)}`
  const meta = { ...extra_info, ...(data_source === undefined ? {} : { data_source }) }
  const reference = ground_truth === undefined || ground_truth === null ? undefined : ground_truth
  return {
    prompt: userPrompt(id, typeof said === 'string' ? said : '', reference, meta),
    completion: { text: solution_str, finish: 'stop' },
  }
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function resultOf(score: Score, about: About) {
  const parts = score.kind === 'scored' ? score.parts : {}
  return { ...parts, score: numberOf(score, about), unscored: score.kind === 'unscored' ? 1 : 0 }
}
