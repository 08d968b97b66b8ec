/** Small Python programs with tests, and faults put into them one at a time: where each is and of what kind is known. */
import type { Random } from 'guerdon/data'

interface Problem {
  readonly source: string
  readonly tests: readonly string[]
}

export const problems: readonly Problem[] = [
  {
    source: `def total(items):
    result = 0
    for item in items:
        result += item
    return result`,
    tests: ['assert total([1, 2, 3]) == 6', 'assert total([]) == 0', 'assert total([-1, 5]) == 4'],
  },
  {
    source: `def digits(n):
    result = 0
    while n > 0:
        result += n % 10
        n //= 10
    return result`,
    tests: ['assert digits(123) == 6', 'assert digits(0) == 0', 'assert digits(9007) == 16'],
  },
  {
    source: `def primes(limit):
    found = []
    for n in range(2, limit):
        if all(n % p != 0 for p in found):
            found.append(n)
    return found`,
    tests: ['assert primes(10) == [2, 3, 5, 7]', 'assert primes(2) == []', 'assert len(primes(50)) == 15'],
  },
  {
    source: `def find(items, wanted):
    low = 0
    high = len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low`,
    tests: ['assert find([1, 3, 5], 3) == 1', 'assert find([1, 3, 5], 6) == 3', 'assert find([2, 4], 1) == 0'],
  },
  {
    source: `def common(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    best = words[0]
    for word in counts:
        if counts[word] > counts[best]:
            best = word
    return best`,
    tests: [
      "assert common(['a', 'b', 'b']) == 'b'",
      "assert common(['x']) == 'x'",
      "assert common(list('hello')) == 'l'",
    ],
  },
  {
    source: `def squares(rows):
    table = []
    for i in range(rows):
        line = []
        for j in range(rows):
            line.append(i * j)
        table.append(line)
    return table`,
    tests: ['assert squares(2) == [[0, 0], [0, 1]]', 'assert squares(0) == []', 'assert squares(3)[2] == [0, 2, 4]'],
  },
  {
    source: `def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps`,
    tests: ['assert collatz(1) == 0', 'assert collatz(6) == 8', 'assert collatz(7) == 16'],
  },
  {
    source: `def mean(values):
    if len(values) == 0:
        return 0
    result = 0
    for value in values:
        result += value
    return result / len(values)`,
    tests: ['assert mean([1, 2, 3]) == 2', 'assert mean([]) == 0', 'assert mean([4]) == 4'],
  },
  {
    source: `def merge(a, b):
    result = []
    i = 0
    j = 0
    while i < len(a) and j < len(b):
        if a[i] < b[j]:
            result.append(a[i])
            i += 1
        else:
            result.append(b[j])
            j += 1
    return result + a[i:] + b[j:]`,
    tests: [
      'assert merge([1, 4], [2, 3]) == [1, 2, 3, 4]',
      'assert merge([], [1]) == [1]',
      'assert merge([5], []) == [5]',
    ],
  },
  {
    source: `def initials(name):
    result = ''
    for part in name.split():
        result += part[0].upper()
    return result`,
    tests: ["assert initials('ada lovelace') == 'AL'", "assert initials('x') == 'X'", "assert initials('') == ''"],
  },
]

/** A kind of fault: which lines it can be put into, and how. */
const faults: Readonly<Record<string, readonly [RegExp, string]>> = {
  'unknown name': [
    /(?<=return |\(|if |in |\+= )(result|found|items|values|counts|words|table|steps|n|low)\b(?!\()/,
    '$1_',
  ],
  'wrong type': [/\+= (\w.*)$/, '+= [$1]'],
  'unknown attribute': [/\.(append|get|split|upper)\(/, '.$1_('],
  'wrong index': [/\[(i|j|middle|0)\]/, '[$1 + 9]'],
  'wrong syntax': [/:$/, ''],
  'endless loop': [/(n \/\/= 10|n \/\/= 2|i \+= 1|j \+= 1|high = middle)$/, 'pass'],
  'wrong operator': [/ (?:\+|%) /, ' - '],
  'wrong comparison': [/ (?:<|>|==) /, ' <= '],
  'lost return': [/return (result|found|low|best|table|steps)\b/, '$1'],
  'wrong number': [/\b([012])\b(?!\])/, '7'],
}

export interface Faulty {
  readonly source: string
  readonly tests: readonly string[]
  readonly fault: string
  /** The line of the fault, from 1, and how many there are. */
  readonly line: number
  readonly lines: number
}

/** Every program with every fault in every line that can have it: one drawn for each program and kind of fault. */
export function faultyPrograms(source: Random): Faulty[] {
  return problems.flatMap((problem) =>
    Object.entries(faults).flatMap(([fault, [pattern, written]]) => {
      const lines = problem.source.split('\n')
      const places = lines.flatMap((line, at) => (at > 0 && pattern.test(line) ? [at] : []))
      if (places.length === 0) return []
      const place = source.pick(places)
      const changed = lines.with(place, lines[place].replace(pattern, written))
      const { tests } = problem
      return [{ source: changed.join('\n'), tests, fault, line: place + 1, lines: lines.length }]
    }),
  )
}
