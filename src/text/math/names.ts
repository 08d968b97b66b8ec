/** The vocabulary of mathematics: what each LaTeX command, plain word and Unicode sign stands for. */

const words = (list: string): string[] => list.trim().split(/\s+/)

/** 'a b c d' as a map from a to b and from c to d. */
function pairs(list: string): [string, string][] {
  const all = words(list)
  return all.flatMap((name, i) => (i % 2 === 0 ? [[name, all[i + 1]] satisfies [string, string]] : []))
}

const themselves = (list: string): [string, string][] => words(list).map((name) => [name, name])

/** Commands that only change how things look. */
export const IGNORED: ReadonlySet<string> = new Set(
  words(`
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle textstyle scriptstyle
    limits nolimits quad qquad enspace thinspace medspace thickspace negthinspace hfill hline mathbf boldsymbol bm mathit
    mathsf mathtt mathcal mathscr mathfrak mathnormal rm bf it boxed fbox underline mathstrut nobreak allowbreak mathopen
    mathclose mathrel mathbin mathord mathop ensuremath bold pmb therefore cancel bcancel`),
)

/** Commands whose braces hold words. */
export const TEXTUAL: ReadonlySet<string> = new Set(
  words('text textbf textit textrm textsf texttt textnormal textup textsc mbox hbox mathrm operatorname unit'),
)

/** Functions that can be written with and without a backslash, and the name used from here on. */
export const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ...themselves(`
    sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh arctanh
    arccoth arcsech arccsch ln log lg exp sqrt cbrt abs floor ceil round max min gcd lcm det sgn Re Im arg rank`),
  ...pairs(`
    asin arcsin acos arccos atan arctan asinh arcsinh acosh arccosh atanh arctanh arsinh arcsinh arcosh arccosh
    artanh arctanh acot arccot asec arcsec acsc arccsc acoth arccoth asech arcsech acsch arccsch atan2 arctan2
    nCr binomial nPr permutation comb binomial binom binomial tg tan ctg cot cosec csc ceiling ceil sign sgn Log ln`),
])

/** Greek letters; the variant forms are the same letters. */
export const LETTERS: ReadonlyMap<string, string> = new Map([
  ...themselves(`
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega hbar`),
  ...pairs('varepsilon epsilon vartheta theta varphi phi varrho rho varsigma sigma ell l'),
])

/** Commands that are one sign. */
export const SIGNS: ReadonlyMap<string, string> = new Map(
  pairs(`
    cdot * times * ast * star * bullet * div / slash / over over pm pm mp mp
    le <= leq <= leqslant <= leqq <= ge >= geq >= geqslant >= geqq >= lt < gt > ne != neq !=
    approx ~ approxeq ~ simeq ~ thickapprox ~ cong = equiv =
    in in notin notin to to rightarrow to longrightarrow to mapsto to Rightarrow so implies so iff so Leftrightarrow so
    cup union bigcup union cap intersection bigcap intersection setminus difference smallsetminus difference backslash difference
    mid | vert | lvert | rvert | Vert | lVert | rVert | colon : langle <( rangle )>
    lfloor floor( rfloor )floor lceil ceil( rceil )ceil
    lbrace \\{ rbrace \\} lbrack [ rbrack ] lparen ( rparen ) degree deg textdegree deg prime '
    ldots dots dots dots cdots dots dotsc dots dotsb dots vdots dots ddots dots
    land and wedge and lor or vee or bmod mod pmod pmod mod mod newline newline cr newline percent %
    euro € pounds £ dollar $ textdollar $ infty infinity infinity infinity emptyset empty varnothing empty pi pi`),
)

/** Commands with a grammar of their own. */
export const STRUCTURES: ReadonlySet<string> = new Set(
  words(`
    frac dfrac tfrac cfrac sfrac nicefrac binom dbinom tbinom choose begin end overline bar dot sum prod int iint oint lim vec hat widehat tilde
    overrightarrow mathbb angle measuredangle triangle circ not phantom hspace vspace tag label color textcolor`),
)

/** Structures recognised although their backslash was lost. */
export const BARE_STRUCTURES: ReadonlySet<string> = new Set(words('frac dfrac tfrac cfrac binom dbinom tbinom'))

/** Plain words that are signs. */
export const WORD_SIGNS: ReadonlyMap<string, string> = new Map(
  pairs(`
    and and or or in in union union intersect intersection mod mod pm pm
    infinity infinity infty infinity inf infinity Infinity infinity oo infinity pi pi Pi pi PI pi
    approximately about approx about about about roughly about exactly about around about`),
)

/** Signs of Unicode, each as the sign or the LaTeX that the lexer knows. */
export const UNICODE: ReadonlyMap<string, string> = new Map([
  ...pairs(`
    − - – - — - ‐ - ‑ - ‒ - ﹣ - － - × * ∙ * · * ⋅ * ∗ * ✕ * • * ÷ / ∕ / ⁄ / ／ / ＋ + ＝ = ＜ < ＞ > （ ( ） ) ［ [ ］ ] ｛ \\{ ｝ \\}
    ， , 、 , ； ; ： : 。 . ％ % ＄ $ ！ ! ∣ | ｜ | ∶ :
    ≤ <= ⩽ <= ≦ <= ≥ >= ⩾ >= ≧ >= ≠ != ≈ ~ ≃ ~ ≡ = ≅ = ± pm ∓ mp ∪ union ∩ intersection ∖ difference ∈ in ∉ notin ∅ empty
    → to ⇒ so ⟹ so ⇔ so ∞ infinity π pi ° deg º deg ′ ' ’ ' ‘ ' … dots ⋯ dots ∧ and ∨ or 或 or 和 and 且 and
    ⟨ <( ⟩ )> 〈 <( 〉 )> ⌊ floor( ⌋ )floor ⌈ ceil( ⌉ )ceil`),
])

/** Unicode letters and the names used for them. */
export const UNICODE_LETTERS: ReadonlyMap<string, string> = new Map([
  ...pairs(`
    α alpha β beta γ gamma δ delta ε epsilon ϵ epsilon ζ zeta η eta θ theta ϑ theta ι iota κ kappa λ lambda μ mu µ mu ν nu ξ xi
    ρ rho σ sigma τ tau υ upsilon φ phi ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma
    Φ Phi Ψ Psi Ω Omega ℓ l ℝ ℝ ℤ ℤ ℕ ℕ ℚ ℚ ℂ ℂ ∠ angle △ triangle`),
])

export const VULGAR_FRACTIONS: ReadonlyMap<string, readonly [number, number]> = new Map(
  words(
    '½ 1 2 ⅓ 1 3 ⅔ 2 3 ¼ 1 4 ¾ 3 4 ⅕ 1 5 ⅖ 2 5 ⅗ 3 5 ⅘ 4 5 ⅙ 1 6 ⅚ 5 6 ⅐ 1 7 ⅛ 1 8 ⅜ 3 8 ⅝ 5 8 ⅞ 7 8 ⅑ 1 9 ⅒ 1 10',
  ).flatMap((sign, i, all): [string, readonly [number, number]][] =>
    i % 3 === 0 ? [[sign, [Number(all[i + 1]), Number(all[i + 2])]]] : [],
  ),
)

export const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ'
export const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉'

/** Words that no unit starts with: behind them a sentence goes on. */
export const NO_UNIT: ReadonlySet<string> = new Set(
  words(
    'is are was were where when if because since for with that which so thus hence therefore as then but except equals equal not',
  ),
)

/** Words that make what they stand before something other than a label. */
export const PROSE: ReadonlySet<string> = new Set(
  words(`
    is are was were be because since where when if then so thus hence therefore which that not than least most more less
    greater fewer between from under over above below within no none solution solutions exist exists only for all any every each with without but except from we have get
    equals equal answer value undefined true false yes`),
)
