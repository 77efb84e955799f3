/**
 * a b + c. The same sources are compiled twice: nn-fused.wasm has relaxed SIMD, where this is one instruction that rounds once
 * wherever the processor has it; nn.wasm multiplies and adds, rounding twice, which is the same on every processor.
 */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c - a b. */
export function multiplySubtract(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** 1 + 2^-12 and minus its square to float32: -(1 + 2^-11). In memory, so that no compiler computes with them beforehand. */
const probe: usize = memory.data<f32>([1.000244140625, -1.00048828125]);

/** 1 when multiplyAdd rounds once, so that the square's last 2^-24 is left; 0 when it rounds twice. */
export function roundsOnce(): i32 {
  const x = v128.load32_splat(probe);
  const left = multiplyAdd(x, x, v128.load32_splat(probe, 4));
  return i32x4.all_true(f32x4.eq(left, f32x4.splat(5.9604644775390625e-8)));
}
