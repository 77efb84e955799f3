import { at, put } from './memory';

export function adam(
  chunk: i32,
  from: i32,
  to: i32,
  w: i32,
  g: i32,
  m: i32,
  v: i32,
  scale: f32,
  stepSize: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  rootCorrection: f32,
  decay: f32,
  shrink: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const n1 = f32x4.splat(<f32>1 - beta1);
  const n2 = f32x4.splat(<f32>1 - beta2);
  for (let i = from; i < to; i += 4) {
    const left = to - i;
    const weight = f32x4.mul(v128.load(at(w + i)), f32x4.splat(shrink));
    const gradient = f32x4.add(
      f32x4.mul(f32x4.splat(scale), v128.load(at(g + i))),
      f32x4.mul(f32x4.splat(decay), weight),
    );
    const first = f32x4.add(f32x4.mul(b1, v128.load(at(m + i))), f32x4.mul(n1, gradient));
    const second = f32x4.add(f32x4.mul(b2, v128.load(at(v + i))), f32x4.mul(n2, f32x4.mul(gradient, gradient)));
    const root = f32x4.div(f32x4.sqrt(second), f32x4.splat(rootCorrection));
    const move = f32x4.div(f32x4.mul(f32x4.splat(stepSize), first), f32x4.add(root, f32x4.splat(epsilon)));
    put(at(m + i), first, left);
    put(at(v + i), second, left);
    put(at(w + i), f32x4.sub(weight, move), left);
  }
}
