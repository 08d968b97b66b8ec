/**
 * BCO, "Binary Classifier Optimization for Large Language Model Alignment" (2024, arXiv 2404.04656): thumbs up and down instead
 * of pairs. Is the shift of the rewards what makes the cross-entropy learn, wherever the policy starts from the reference?
 */
import { bco, kto } from 'guerdon/objectives'
import type { FrozenPolicy } from 'guerdon/policy'
import { feedbackOf, type PreferenceOptions, pairedT, recipe } from 'guerdon/train'
import { arm, critical, points, prepare, type Start, settings } from './chainSum.ts'

const beta = 0.3
const offset = 4
const own = { ...settings, beta, epochs: 1, answers: 2400, offset }

/** The samples of the reference, each with its verdict; every implicit reward is moved by `moved`. */
function judged(moved: number) {
  return ({ groups, model }: Start): Partial<PreferenceOptions> => {
    const data = feedbackOf(groups).slice(0, own.answers)
    const reference = model.freeze()
    const away: FrozenPolicy = {
      async forward(sequences, want, options) {
        const read = await reference.forward(sequences, want, options)
        return read.map(({ logprobs = new Float32Array(0) }) => ({
          logprobs: logprobs.map((value) => value - moved / (beta * logprobs.length)),
        }))
      },
    }
    return { data, epochs: own.epochs, reference: away }
  }
}

const bce = () => bco({ beta, shift: 'none' })

export default recipe<Start>({
  number: 15,
  title: 'BCO: thumbs up and down, and the shift that makes them work',
  paper: 'arXiv 2404.04656',
  claim: 'With its reward shift the binary cross-entropy learns wherever rewards start; without it an offset stops it.',
  measure: 'Sampled accuracy after one pass over the judged answers',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: own,
  prepare,
  arms: {
    'cross-entropy': arm(bce, judged(0)),
    'cross-entropy, rewards +4': arm(bce, judged(offset)),
    BCO: arm(() => bco({ beta }), judged(0)),
    'BCO, rewards +4': arm(() => bco({ beta }), judged(offset)),
    KTO: arm(() => kto({ beta }), judged(0)),
  },
  verdict(arms) {
    const steady = pairedT(arms['BCO, rewards +4'], arms.BCO)
    const broken = pairedT(arms['cross-entropy, rewards +4'], arms['cross-entropy'])
    const better = pairedT(arms.BCO, arms.KTO)
    const [holdsStill, breaks] = [Math.abs(steady.difference) < 0.02, broken.t < -critical]
    return {
      holds: holdsStill && breaks ? 'yes' : holdsStill || breaks ? 'mixed' : 'no',
      because: `with an offset: BCO ${points(steady)}, cross-entropy ${points(broken)}; BCO - KTO without one: ${points(better)}`,
    }
  },
  notes: [
    "That BCO's answers are judged better than KTO's is a claim about chat, which this task cannot show; the last figure is for the record.",
  ],
})
