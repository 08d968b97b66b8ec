/**
 * The little of a browser's page that the reports' own script touches. Spelled out here because the whole DOM library
 * would put a browser's globals into every file of a project that runs in Node.
 */

export interface PageElement {
  textContent: string | null
  className: string
  hidden: boolean
  disabled: boolean
  tabIndex: number
  value: string
  readonly clientWidth: number
  readonly dataset: { [name: string]: string | undefined }
  readonly style: { setProperty(name: string, value: string): void }
  append(...children: (PageElement | string)[]): void
  replaceChildren(...children: (PageElement | string)[]): void
  setAttribute(name: string, value: string): void
  addEventListener(type: string, listener: (event: PageEvent) => void): void
  querySelectorAll(selector: string): Iterable<PageElement>
  closest(selector: string): PageElement | null
  getBoundingClientRect(): {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly bottom: number
  }
}

export interface PageEvent {
  readonly target: PageElement
  readonly clientX: number
  readonly key: string
  preventDefault(): void
}

export interface PageDocument {
  readonly body: PageElement
  readonly defaultView: { addEventListener(type: string, listener: () => void): void }
  createElement(tag: string): PageElement
  createElementNS(namespace: string, tag: string): PageElement
  getElementById(id: string): PageElement | null
  querySelectorAll(selector: string): Iterable<PageElement>
}
