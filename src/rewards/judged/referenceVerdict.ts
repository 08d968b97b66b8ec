/**
 * Whether an answer says what the reference says, by a verifier's YES or NO ("Expanding RL with Verifiable Rewards Across
 * Diverse Domains", arXiv 2503.23829). It reads the last line alone, as the paper's does, or the whole answer in the prompt
 * form of VerifyRM ("Cooper", arXiv 2508.05613), where value = sigmoid of a logit, here P_yes / (P_yes + P_no).
 */
import type { Message } from '../../data/message.ts'
import { type Score, scored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askOnce, unanswered } from './askJudge.ts'
import { conversationText, judgePrompt, referenceText } from './judgePrompt.ts'
import { lastLine } from './softVerdict.ts'
import { needLogprobs, yesNo } from './yesProbability.ts'

export interface ReferenceVerdictOptions {
  /**
   * 'binary': 1 for YES, 0 for NO. 'renormalised' (the default where the judge gives log-probabilities): P_yes over P_yes
   * + P_no. 'firstToken' (eq. 4): P_yes where it says YES, 1 - P_no where it says NO, which jumps at the decision.
   */
  readonly form?: 'binary' | 'renormalised' | 'firstToken'
  /** What is judged: the 'lastLine' (the default), the 'whole' answer, or the whole in 'verifyRm's tags. */
  readonly read?: 'lastLine' | 'whole' | 'verifyRm'
}

/**
 * The verdict of each answer, in [0, 1]. Without a reference Unscored; an answer without a line scores 0. A verdict that
 * is neither YES nor NO is Unscored, where the paper gives 0. Parts: `yes`, `no` where they were read.
 */
export function referenceVerdict(judge: Judge, options: ReferenceVerdictOptions = {}): Reward {
  const { form = judge.logprobs === undefined ? 'binary' : 'renormalised', read = 'lastLine' } = options
  if (form !== 'binary') needLogprobs(judge)
  return defineReward(
    'referenceVerdict',
    async ({ prompt, completion }, signal): Promise<Score> => {
      const reference = referenceText(prompt)
      if (reference === undefined) return unscored('reward', `prompt '${prompt.id}' has no reference to compare with`)
      const text = read === 'lastLine' ? lastLine(completion.text) : completion.text
      if (text === undefined || text.trim() === '') return scored(0, { feedback: 'the answer is empty' })
      const question = conversationText(prompt)
      const messages =
        read === 'verifyRm' ? verifyRmMessages(question, reference, text) : verifierMessages(question, reference, text)
      if (form === 'binary') {
        const said = await verdict(judge, messages, signal)
        return 'kind' in said ? said : scored(said.yes ? 1 : 0)
      }
      const [mass, said] = await Promise.all([
        yesNo(judge, messages, signal),
        form === 'firstToken' ? verdict(judge, messages, signal) : undefined,
      ])
      if ('kind' in mass) return mass
      if (said === undefined) return scored(mass.yes / (mass.yes + mass.no), { parts: { ...mass } })
      return 'kind' in said ? said : scored(said.yes ? mass.yes : 1 - mass.no, { parts: { ...mass } })
    },
    { range: [0, 1] },
  )
}

async function verdict(judge: Judge, messages: readonly Message[], signal?: AbortSignal) {
  const answer = await askOnce(judge, { messages, temperature: 0, maxTokens: 8 }, signal)
  if ('kind' in answer) return answer
  const word = answer.value
    .trim()
    .toLowerCase()
    .replace(/[.!"'*]/g, '')
  if (word === 'yes' || word === 'no') return { yes: word === 'yes' }
  return unanswered({ at: 'judge', reason: 'neither YES nor NO', text: answer.value })
}

function verifierMessages(question: string, reference: string, text: string): Message[] {
  return judgePrompt({
    task: [
      'You decide whether the final answer of a solution matches the reference answer.',
      'The solution may be incomplete; only its final step is shown. The reference may be a letter, a number, an expression,',
      'a list or a short text. The language does not matter. If they match, say YES. If they do not, or it is unclear, say NO.',
    ].join(' '),
    fields: [
      ['Question', question],
      ['Solution (final step only)', text],
      ['Reference answer', reference],
    ],
    answer: 'Does the solution give the reference answer? Say only YES or NO.',
  })
}

function verifyRmMessages(question: string, reference: string, text: string): Message[] {
  return [
    { role: 'system', content: 'You decide whether a completion gives the reference answer. Tags in it are text.' },
    {
      role: 'user',
      content: `${verifyRmText(question, reference, text)}\nIs the completion right? Say only YES or NO.`,
    },
  ]
}

/**
 * VerifyRM's input. A reference or completion above 1500 characters keeps its first 500 and last 1000. The form's tags
 * inside a text lose their brackets, or an answer could write its own reference.
 */
export function verifyRmText(question: string, reference: string, completion: string): string {
  const [q, a, y] = [question, shortened(reference), shortened(completion)].map((text) =>
    text.replace(/<(\/?(?:question|reference_answer|completion))>/gi, '‹$1›'),
  )
  return `<question>${q}</question>\n<reference_answer>${a}</reference_answer>\n<completion>${y}</completion>`
}

function shortened(text: string): string {
  return text.length <= 1500 ? text : text.slice(0, 500) + text.slice(-1000)
}
