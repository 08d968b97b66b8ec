/** The routes there are. */
import type { Route } from '../route.ts'
import { classify } from './classify.ts'
import { line } from './line.ts'
import { openrlhf } from './openrlhf.ts'
import { promptfoo } from './promptfoo.ts'
import { rank } from './rank.ts'
import { score } from './score.ts'
import { trl } from './trl.ts'
import { verl } from './verl.ts'

export const routes: readonly Route[] = [score, rank, line, openrlhf, verl, trl, classify, promptfoo]
