/**
 * Lets a user's module import 'guerdon/...' wherever it stands: where it finds no such package of its own (a global
 * installation, a folder without node_modules), it gets this one. Hooks hold for one thread.
 */
import { registerHooks } from 'node:module'

export function offerOwnPackage(): void {
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (thrown) {
        if (!specifier.startsWith('guerdon/')) throw thrown
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}
