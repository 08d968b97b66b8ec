/** `npm start [-- --json ...]`: the main job on the embedded engine, `guerdon demo` of this checkout. */
process.argv.splice(2, 0, 'demo')
await import('../src/cli/main.ts')
