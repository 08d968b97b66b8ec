/**
 * The tests of a prompt, in the shapes in which data sets hold them: a row of HumanEval (`test`, `entry_point`, `prompt`)
 * or of MBPP (`test_list`, `test_setup_code`, `test_imports`, `code`), pairs of standard input and output (`inputs`, `outputs`,
 * as in APPS), asserts as one text or a list, or the same with a name (`tests`, `entry`, `prompt`).
 */
import { z } from 'zod'
import type { Json } from '../data/message.ts'
import type { Tests } from '../sandbox/program.ts'

/** How a program is put to the test. `prompt` is code that the completion goes on from or may rely on. */
export type CodeReference =
  | { readonly kind: 'tests'; readonly tests: Tests; readonly prompt?: string }
  | { readonly kind: 'stdio'; readonly cases: readonly { readonly stdin: string; readonly stdout: string }[] }

const texts = z.union([z.string(), z.array(z.string()).min(1)])

const named = z
  .object({ tests: texts, entry: z.string().optional(), prompt: z.string().optional() })
  .transform(({ tests, entry, prompt }): CodeReference => testsOf(listOf(tests), entry, prompt))

const humanEval = z
  .object({ test: z.string(), entry_point: z.string(), prompt: z.string().optional() })
  .transform(({ test, entry_point, prompt }): CodeReference => {
    return testsOf([`${test}\ncheck(${entry_point})\n`], entry_point, prompt)
  })

const mbpp = z
  .object({
    test_list: z.array(z.string()).min(1),
    test_setup_code: z.string().default(''),
    test_imports: z.array(z.string()).default([]),
    code: z.string().default(''),
  })
  .transform(({ test_list, test_setup_code, test_imports, code }): CodeReference => {
    const setup = [...test_imports, test_setup_code].filter((code) => code.trim() !== '').join('\n')
    return testsOf(test_list, testedName(code, test_list[0]), setup === '' ? undefined : setup)
  })

const stdio = z
  .object({ inputs: z.array(z.string()).min(1), outputs: z.array(z.string()) })
  .refine(({ inputs, outputs }) => inputs.length === outputs.length, 'inputs and outputs differ in number')
  .transform(({ inputs, outputs }): CodeReference => {
    return { kind: 'stdio', cases: inputs.map((stdin, index) => ({ stdin, stdout: outputs[index] })) }
  })

const asserts = texts.transform((tests): CodeReference => testsOf(listOf(tests)))

const shapes = z.union([named, humanEval, mbpp, stdio, asserts])

/** Reads a prompt's reference; a text says what is wrong with one that holds no tests. */
export function codeReference(reference: Json | undefined): CodeReference | string {
  const read = shapes.safeParse(reference)
  if (!read.success) {
    return 'the reference is none of: asserts (a text or a list), { tests }, { test, entry_point }, { test_list }, { inputs, outputs }'
  }
  const { data } = read
  if (data.kind === 'tests' && data.tests.code.every((code) => code.trim() === '')) return 'the reference holds no test'
  return data
}

/**
 * The function that a test calls, of those the reference solution defines. The name has to be known where it is that of a
 * built-in function, which tests would otherwise call themselves.
 */
function testedName(solution: string, test: string): string | undefined {
  const defined = Array.from(solution.matchAll(/^def +(\w+)/gm), ([, name]) => name)
  return defined.reverse().find((name) => new RegExp(`\\b${name}\\(`).test(test))
}

function listOf(tests: string | readonly string[]): readonly string[] {
  return typeof tests === 'string' ? [tests] : tests
}

function testsOf(code: readonly string[], entry?: string, prompt?: string): CodeReference {
  return {
    kind: 'tests',
    tests: {
      code,
      ...(entry === undefined ? {} : { entry }),
      ...(prompt === undefined ? {} : { context: prompt }),
    },
    ...(prompt === undefined ? {} : { prompt }),
  }
}
