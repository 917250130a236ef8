// The vectors of the processor that this is compiled for, in the compiler's own types.

#pragma once
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
constexpr int LANES = 16, REGISTERS = 32;
#elif defined(__AVX__)
constexpr int LANES = 8, REGISTERS = 16;
#elif defined(__aarch64__)
constexpr int LANES = 4, REGISTERS = 32;
#else  // SSE
constexpr int LANES = 4, REGISTERS = 16;
#endif
constexpr int VECTORS = WIDTH / LANES;  // in a row of activations
static_assert(WIDTH % 16 == 0, "the width must be a multiple of 16");

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef float Four __attribute__((vector_size(16)));

inline Vector load(const float *from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline void store(float *to, Vector v) { std::memcpy(to, &v, sizeof v); }

inline void add_to(float *to, Vector v) { store(to, load(to) + v); }

inline float total(Vector v) {
  Four part[LANES / 4], sum{};
  std::memcpy(part, &v, sizeof v);
  for (Four four : part) sum += four;
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

inline float total(const Vector (&four)[4]) { return total((four[0] + four[1]) + (four[2] + four[3])); }
