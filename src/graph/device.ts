/** Where programs run: ONNX Runtime's execution providers. What a provider cannot do, the processor does. */
import { GuerdonError, messageOf } from '../data/error.ts'

export const devices = ['cpu', 'cuda', 'coreml', 'directml', 'webgpu'] as const
export type Device = (typeof devices)[number]

/** What has to be there for each, and where it can be. */
const needs: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  cuda: "an NVIDIA card on Linux x64 and onnxruntime-node's CUDA libraries (its install script fetches them: npm rebuild onnxruntime-node)",
  coreml: 'a Mac',
  directml: 'Windows',
  webgpu: 'a graphics processor with Vulkan, Metal or Direct3D 12 drivers',
}

/** The provider a session asks for. It alone: a second choice would be taken in silence where the first is missing. */
export function executionProviders(device: Device): string[] {
  return [device === 'directml' ? 'dml' : device]
}

/** ONNX Runtime's refusal in words that help: what it takes to use the device, and the way on without it. */
export function deviceError(device: Exclude<Device, 'cpu'>, cause: unknown): GuerdonError {
  return new GuerdonError(`the device '${device}' cannot be used here: ${firstLine(messageOf(cause))}`, {
    cause,
    fix: `it needs ${needs[device]}; without --device the processor is used`,
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].slice(0, 300)
}
