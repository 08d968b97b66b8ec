/** Reverse-mode differentiation: walks a program backwards and adds up each node's vector-Jacobian products. */

import { add } from './ops/arithmetic.ts'
import { constantLike } from './ops/constant.ts'
import { topologicalOrder } from './program.ts'
import { sameShape } from './shape.ts'
import { type Float, type Node, ShapeError, type Tensor } from './tensor.ts'

/** What is differentiated: a float tensor and dL/d(it). A scalar's cotangent defaults to 1. */
export interface Source {
  readonly of: Float
  readonly cotangent?: Float
}

/**
 * dL/dw for every w in `wrt`, where L = Σ over sources of <cotangent, of>. A tensor that no source depends on gets
 * zeros. The gradients are tensors of the same program, so they can be differentiated again.
 */
export function gradients(sources: readonly Source[], wrt: readonly Float[]): Float[] {
  const held = new Map<Node, (Float | undefined)[]>()
  const slot = (tensor: Tensor): [Node, number] =>
    tensor.node.of === undefined ? [tensor.node, 0] : [tensor.node.of.node, tensor.node.of.index]
  const accumulate = (tensor: Tensor, gradient: Float) => {
    const [node, index] = slot(tensor)
    const list = held.get(node) ?? []
    const before = list[index]
    list[index] = before === undefined ? gradient : add(before, gradient)
    held.set(node, list)
  }
  for (const { of, cotangent } of sources) {
    if (cotangent === undefined && of.shape.length > 0)
      throw new ShapeError('gradients', [of], 'only a scalar can be differentiated without a cotangent')
    if (cotangent !== undefined && !sameShape(cotangent.shape, of.shape))
      throw new ShapeError('gradients', [of, cotangent], 'a cotangent must have the shape of what it belongs to')
    accumulate(of, cotangent ?? constantLike(of, 1))
  }
  const order = topologicalOrder(sources.map((source) => source.of))
  const useful = reaches(order, new Set(wrt.map((tensor) => slot(tensor)[0])))
  for (const node of order.toReversed()) {
    const outputs = held.get(node)
    if (outputs === undefined || node.backward === undefined || !useful.has(node)) continue
    const given = node.backward(outputs)
    node.inputs.forEach((tensor, i) => {
      const gradient = given[i]
      if (gradient === undefined || !useful.has(slot(tensor)[0])) return
      if (!sameShape(gradient.shape, tensor.shape))
        throw new ShapeError(`gradient of ${node.op}`, [tensor, gradient], 'the gradient has another shape')
      accumulate(tensor, gradient)
    })
  }
  return wrt.map((tensor) => {
    const [node, index] = slot(tensor)
    return held.get(node)?.[index] ?? constantLike(tensor, 0)
  })
}

/** The nodes from which some target can be reached backwards: no gradient is built anywhere else. */
function reaches(order: readonly Node[], targets: ReadonlySet<Node>): Set<Node> {
  const useful = new Set<Node>()
  for (const node of order)
    if (targets.has(node) || node.inputs.some((tensor) => useful.has(tensor.node.of?.node ?? tensor.node)))
      useful.add(node)
  return useful
}
