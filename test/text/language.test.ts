import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { languageCode, languageDetector } from '../../src/text/language.ts'

/** Article 1 of the Universal Declaration of Human Rights. */
const article: Record<string, string> = {
  en: 'All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.',
  de: 'Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen.',
  fr: 'Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.',
  es: 'Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.',
  pt: 'Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros em espírito de fraternidade.',
  ru: 'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.',
  uk: 'Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства.',
  zh: '人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。',
  ja: 'すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。',
  sw: 'Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo yapasa watendeane kindugu.',
  ne: 'सबै व्यक्तिहरू जन्मजात स्वतन्त्र हुन् ती सबैको समान अधिकार र महत्व छ। निजहरूमा विचार शक्ति र सद्विचार भएकोले निजहरूले आपसमा भातृत्वको भावना बाट व्यवहार गर्नु पर्छ।',
  hi: 'सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।',
}

test('each text is wholly in its language and not at all in the others', async () => {
  const { detect, share } = await languageDetector()
  for (const [written, text] of Object.entries(article)) {
    assert.equal(detect(text), written)
    for (const asked of Object.keys(article)) {
      assert.equal(share(text, asked), asked === written ? 1 : 0, `${written} asked as ${asked}`)
    }
  }
})

test('a mixed text is shared out by stretches', async () => {
  const { share } = await languageDetector()
  const mixed = `${article.en}\n${article.fr}`
  assert.ok(Math.abs((share(mixed, 'en') ?? 0) - article.en.length / (article.en.length + article.fr.length)) < 0.01)
  const late = share(`${`${article.en}\n`.repeat(9)}${article.zh.repeat(9)}`, 'en') ?? 1
  assert.ok(late < 0.9, 'what comes after a thousand characters counts')
})

test('code, formulas and addresses say nothing of the language', async () => {
  const { share } = await languageDetector()
  const code = '```python\nfor index in range(10): print("the value is", index)\n```'
  assert.equal(share(`${article.de}\n${code}\nhttps://example.org/the/quick/brown/fox $x = \\frac{a}{b}$`, 'de'), 1)
  assert.equal(share(code, 'en'), undefined)
  assert.equal(share('12 345', 'en'), undefined)
  assert.equal(share('', 'en'), undefined)
})

test('codes under their many names', () => {
  assert.deepEqual(['pt-BR', 'EN_us', 'nb', 'iw', 'fil', ' zh '].map(languageCode), [
    'pt',
    'en',
    'no',
    'he',
    'tl',
    'zh',
  ])
  assert.throws(() => languageCode('klingon'), GuerdonError)
  assert.throws(() => languageCode('constructor'), GuerdonError)
})
