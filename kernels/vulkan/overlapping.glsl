// Overlapping windows: outputs[i], i < OUTPUTS, joins the KERNEL elements of held[HELD] from
// i * STRIDE on. With a border after every KERNEL elements, a window is the end of one run, joined
// backwards, and the begin of the next, joined forwards. An element takes about three joins however
// long windows are (van Herk 1992, Gil and Werman 1993).
//
// A text to include, since GLSL has no functions over arrays of any length; it undefines HELD,
// KERNEL, STRIDE and OUTPUTS. The loops are flat so that drivers unroll them.
{
  Lane ends[HELD];
  [[unroll]] for (int i = HELD - 1; i >= 0; --i)
    ends[i] = i == HELD - 1 || (i + 1) % KERNEL == 0 ? held[i] : join(held[i], ends[i + 1]);
  Lane begin = kStart;
  [[unroll]] for (int i = 0; i < HELD; ++i) {
    begin = i % KERNEL == 0 ? held[i] : join(begin, held[i]);
    const int first = i - (KERNEL - 1);
    if (first >= 0 && first % STRIDE == 0 && first / STRIDE < OUTPUTS)
      outputs[first / STRIDE] = first % KERNEL == 0 ? ends[first] : join(ends[first], begin);
  }
}
#undef HELD
#undef KERNEL
#undef STRIDE
#undef OUTPUTS
