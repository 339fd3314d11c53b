// outputs[i] = the KERNEL elements of held[HELD] from i * STRIDE on, joined: as many blocks of one,
// two, four ... elements as the bits of KERNEL say, the small ones in front. Text, for GLSL has no
// functions over arrays of any length; it undefines what it was given.
[[unroll]] for (int i = 0; i < OUTPUTS; ++i) outputs[i] = kStart;
{
  int from = 0;  // known to the compiler wherever it is used
  [[unroll]] for (int block = 1; block <= KERNEL; block *= 2) {
    if ((KERNEL & block) != 0) {
      [[unroll]] for (int i = 0; i < OUTPUTS; ++i)
        outputs[i] = join(outputs[i], held[i * STRIDE + from]);
      from += block;
    }
    if (2 * block <= KERNEL)
      [[unroll]] for (int i = 0; i + 2 * block <= HELD; ++i)
        held[i] = join(held[i], held[i + block]);
  }
}
#undef HELD
#undef KERNEL
#undef STRIDE
#undef OUTPUTS
