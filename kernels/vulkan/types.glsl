// The element types, by DTYPE, which is one of these names:
//   Element  an element in memory
//   Stored   the same in a register: its bits in 32 or 64, integers widened. So a shader needs 8-
//            and 16-bit storage of a device, never their arithmetic
//   Key      an integer with the order of the values, for maxima: comparing integers is exact
//            whatever a driver does to NaN and subnormals
//   Real     the float that sums are made in; of integers, the one of powers
#define F64 1
#define F32 2
#define F16 3
#define BF16 4
#define I8 5
#define U8 6
#define I32 7
#define I16 8
#define I64 9

#if DTYPE == F64
#define ELEMENT_BYTES 8
#define IS_FLOAT 1
#define REAL_IS_DOUBLE 1
#define Element uint64_t
#define Stored uint64_t
#define Key int64_t
const Key kMagnitude = 0x7fffffffffffffffL, kInfinity = 0x7ff0000000000000L;
const int kKeyShift = 0;
#elif DTYPE == F32
#define ELEMENT_BYTES 4
#define IS_FLOAT 1
#define REAL_IS_DOUBLE 0
#define Element uint
#define Stored uint
#define Key int
const Key kMagnitude = 0x7fffffff, kInfinity = 0x7f800000;
const int kKeyShift = 0;
#elif DTYPE == F16
#define ELEMENT_BYTES 2
#define IS_FLOAT 1
#define REAL_IS_DOUBLE 0
#define Element uint16_t
#define Stored uint
#define Key int
const Key kMagnitude = 0x7fff, kInfinity = 0x7c00;
const int kKeyShift = 16;  // to the top of a Key
#elif DTYPE == BF16
#define ELEMENT_BYTES 2
#define IS_FLOAT 1
#define REAL_IS_DOUBLE 0
#define Element uint16_t
#define Stored uint
#define Key int
const Key kMagnitude = 0x7fff, kInfinity = 0x7f80;
const int kKeyShift = 16;
#elif DTYPE == I8
#define ELEMENT_BYTES 1
#define IS_FLOAT 0
#define REAL_IS_DOUBLE 1
#define Element int8_t
#define Stored int
#define Key int
const Key kLow = -128, kHigh = 127;
#elif DTYPE == U8
#define ELEMENT_BYTES 1
#define IS_FLOAT 0
#define REAL_IS_DOUBLE 1
#define Element uint8_t
#define Stored int
#define Key int
const Key kLow = 0, kHigh = 255;
#elif DTYPE == I32
#define ELEMENT_BYTES 4
#define IS_FLOAT 0
#define REAL_IS_DOUBLE 1
#define Element int
#define Stored int
#define Key int
const Key kLow = -2147483647 - 1, kHigh = 2147483647;
#elif DTYPE == I16
#define ELEMENT_BYTES 2
#define IS_FLOAT 0
#define REAL_IS_DOUBLE 1
#define Element int16_t
#define Stored int
#define Key int
const Key kLow = -32768, kHigh = 32767;
#elif DTYPE == I64
#define ELEMENT_BYTES 8
#define IS_FLOAT 0
#define REAL_IS_DOUBLE 1
#define Element int64_t
#define Stored int64_t
#define Key int64_t
const Key kHigh = 0x7fffffffffffffffL, kLow = ~kHigh;
#else
#error "DTYPE is none of the types"
#endif
#define LANES (16 / ELEMENT_BYTES)  // elements of an access of 16 bytes

// What a shader makes of its elements, REDUCTION.
#define MAX 1
#define MAX_INDEX 2
#define AVERAGE 3
#define LP 4
#if REDUCTION != MAX && REDUCTION != MAX_INDEX && REDUCTION != AVERAGE && REDUCTION != LP
#error "REDUCTION is none of the reductions"
#endif

layout(buffer_reference, scalar, buffer_reference_align = ELEMENT_BYTES) readonly buffer Source {
  Element element[];
};
layout(buffer_reference, scalar, buffer_reference_align = ELEMENT_BYTES) writeonly buffer Target {
  Element element[];
};

// Element i of 16 bytes.
Stored unpacked(uvec4 words, int i) {
#if ELEMENT_BYTES == 8
  return Stored(uint64_t(words[2 * i + 1]) << 32 | words[2 * i]);
#elif ELEMENT_BYTES == 4
  return Stored(words[i]);
#else
  const int bits = 8 * ELEMENT_BYTES, per_word = 4 / ELEMENT_BYTES;
#if DTYPE == I8 || DTYPE == I16
  return bitfieldExtract(int(words[i / per_word]), i % per_word * bits, bits);
#else
  return Stored(bitfieldExtract(words[i / per_word], i % per_word * bits, bits));
#endif
#endif
}
// Sets element i of 16 bytes that are still zero there.
void pack(inout uvec4 words, int i, Stored v) {
#if ELEMENT_BYTES == 8
  words[2 * i] = uint(v);
  words[2 * i + 1] = uint(v >> 32);
#elif ELEMENT_BYTES == 4
  words[i] = uint(v);
#else
  const int bits = 8 * ELEMENT_BYTES, per_word = 4 / ELEMENT_BYTES;
  words[i / per_word] |= bitfieldExtract(uint(v), 0, bits) << (i % per_word * bits);
#endif
}

// ---- Keys ----

// A minimum is the maximum of elements in reversed order. SMALLEST flips the bits that reverse it:
// of floats the sign, of integers all. NaN stays NaN.
#ifndef SMALLEST
#define flipped(v) (v)
#elif IS_FLOAT
#define flipped(v) ((v) ^ (Stored(kMagnitude) + 1))
#else
#define flipped(v) (~(v))
#endif

#if IS_FLOAT && REDUCTION == MAX
// Shifts the value to the top of a word and flips the magnitude of negative ones: integers then
// have the floats' order, with the negative NaNs below -infinity. Subtracting the number of NaNs of
// one sign wraps these around to the top. Four instructions for any type; -0 is less than 0, which
// no value shows.
#if DTYPE == F64
const Key kTopMagnitude = 0x7fffffffffffffffL, kNans = 0xfffffffffffffL, kLowest = ~kTopMagnitude;
#else
const Key kTopMagnitude = 0x7fffffff, kNans = (kMagnitude - kInfinity) << kKeyShift;
const Key kLowest = ~kTopMagnitude;
#endif
Key turned(Key k) { return k ^ ((k >> (8 * ELEMENT_BYTES + kKeyShift - 1)) & kTopMagnitude); }
Key key(Stored v) { return turned(Key(flipped(v) << kKeyShift)) - kNans; }
Stored stored_key(Key k) { return flipped(Stored(turned(k + kNans)) >> kKeyShift); }

#elif IS_FLOAT
const Key kLowest = -kInfinity;
const Key kNan = kMagnitude;  // above infinity, so that NaN wins

// From an element's bits in the low end of an integer. -0 and 0 get the same key.
Key key_of_bits(Key bits) {
  const Key magnitude = bits & kMagnitude;
  if (magnitude > kInfinity) return kNan;
  return bits > kMagnitude || bits < 0 ? -magnitude : magnitude;
}
Key key(Stored v) { return key_of_bits(Key(flipped(v))); }
bool is_nan_key(Key k) { return k == kNan; }
Stored stored_key(Key k) { return flipped(Stored(k < 0 ? (kMagnitude + 1) | -k : k)); }
#else
#ifdef SMALLEST
const Key kLowest = ~kHigh;
#else
const Key kLowest = kLow;
#endif
Key key(Stored v) { return flipped(v); }
bool is_nan_key(Key) { return false; }
#if REDUCTION == LP  // |-128|
Stored stored_key(Key k) { return Stored(min(k, kHigh)); }
#else
Stored stored_key(Key k) { return flipped(k); }
#endif
#endif

#if REDUCTION == MAX_INDEX
// The value is the one at the index, to the bit: a place is twice the position, and one more for -0,
// whose key is that of 0. The order of places is that of positions, and no place is negative.
#if IS_FLOAT
const Stored kMinusZero = Stored(kMagnitude) + 1;
#define place(v, position) (2 * (position) + ((v) == kMinusZero ? 1 : 0))
#define stored_at(k, place) \
  ((k) != 0 ? stored_key(k) : ((place)&1) != 0 ? kMinusZero : Stored(0))
#else
#define place(v, position) (2 * (position))
#define stored_at(k, place) stored_key(k)
#endif
#define position_of(place) ((place) >> 1)
#endif

// ---- Reals ----

#define NEEDS_REAL (REDUCTION == LP || (REDUCTION == AVERAGE && IS_FLOAT))

#if REAL_IS_DOUBLE
#define Real double
#define RealBits int64_t
#define real_bits(v) doubleBitsToInt64(v)
#define real_of_bits(v) int64BitsToDouble(v)
const RealBits kRealInfinity = 0x7ff0000000000000L, kRealMagnitude = 0x7fffffffffffffffL;
const int kLowerBits = 27;  // of a significand
#else
#define Real float
#define RealBits int
#define real_bits(v) floatBitsToInt(v)
#define real_of_bits(v) intBitsToFloat(v)
const RealBits kRealInfinity = 0x7f800000, kRealMagnitude = 0x7fffffff;
const int kLowerBits = 12;
#endif

#if NEEDS_REAL

// By the bits: a driver that does not promise to keep NaN may optimise isnan() away.
bool is_nan(Real v) { return (real_bits(v) & kRealMagnitude) > kRealInfinity; }

#if DTYPE == F16
#ifdef FLOAT16  // one instruction, on devices that keep subnormals and round to nearest even
float f16_to_float(uint bits) { return float(unpackFloat2x16(bits).x); }
uint float_to_f16(float v) { return packFloat2x16(f16vec2(v, 0.0)); }
#else
float f16_to_float(uint bits) {
  const uint magnitude = bits & 0x7fffu;
  const uint sign = (bits & 0x8000u) << 16;
  const uint normal = magnitude >= 0x7c00u ? (magnitude << 13) | 0x7f800000u
                                           : (magnitude << 13) + 0x38000000u;
  const uint subnormal = floatBitsToUint(float(magnitude) * 5.9604644775390625e-8);  // 2^-24
  return uintBitsToFloat(sign | (magnitude < 0x400u ? subnormal : normal));
}
uint float_to_f16(float v) {  // to_f16 of kernels/types.h
  const uint bits = floatBitsToUint(v);
  const uint sign = (bits >> 16) & 0x8000u;
  const uint magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return sign | 0x7e00u;
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;
  if (magnitude < 0x38800000u)
    return sign | (floatBitsToUint(uintBitsToFloat(magnitude) + 0.5) - 0x3f000000u);
  return sign | ((magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13);
}
#endif
#endif

Real real(Stored v) {
#if DTYPE == F64
  return int64BitsToDouble(int64_t(v));
#elif DTYPE == F32
  return uintBitsToFloat(v);
#elif DTYPE == F16
  return f16_to_float(v);
#elif DTYPE == BF16
  return uintBitsToFloat(v << 16);
#else
  return Real(v);
#endif
}

// To nearest, ties to even; integers then saturate.
Stored stored_real(Real v) {
#if DTYPE == F64
  return Stored(doubleBitsToInt64(v));
#elif DTYPE == F32
  return floatBitsToUint(v);
#elif DTYPE == F16
  return Stored(float_to_f16(v));
#elif DTYPE == BF16
  const uint bits = floatBitsToUint(v);
  const uint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return Stored((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : rounded);
#else
  const Real limited = v < Real(-1000) ? Real(-1000) : v > Real(1000) ? Real(1000) : v;
  const int below = int(limited + Real(1000)) - 1000;  // truncation of what is positive
  const Real rest = limited - Real(below);
  const bool up = rest > Real(0.5) || (rest == Real(0.5) && (below & 1) != 0);
  return Stored(clamp(up ? below + 1 : below, kLow, kHigh));
#endif
}

#endif  // NEEDS_REAL
