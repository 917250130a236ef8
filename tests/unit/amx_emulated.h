// The AMX instructions that products.h uses, written out, for machines without them.

#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace emulated {
struct Tile {
  uint32_t at[16][16];
};
inline thread_local Tile tiles[8];

inline void load(int tile, const void *from, long stride) {
  for (int row = 0; row < 16; ++row)
    std::memcpy(tiles[tile].at[row], (const char *)from + row * stride, 64);
}

inline void store(int tile, void *to, long stride) {
  for (int row = 0; row < 16; ++row)
    std::memcpy((char *)to + row * stride, tiles[tile].at[row], 64);
}

inline float number(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}

// Sums of float32 plus products of pairs of bfloat16, the pairs along the summed axis.
inline void multiply(int sums, int left, int right) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 16; ++n) {
      float sum = number(tiles[sums].at[m][n]);
      for (int k = 0; k < 16; ++k) {
        uint32_t a = tiles[left].at[m][k], b = tiles[right].at[k][n];
        sum += number(a << 16) * number(b << 16);
        sum += number(a & 0xffff0000) * number(b & 0xffff0000);
      }
      std::memcpy(&tiles[sums].at[m][n], &sum, 4);
    }
}
}  // namespace emulated

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(shape) (void)(shape)
#define _tile_release() (void)0
#define _tile_loadd emulated::load
#define _tile_stored emulated::store
#define _tile_dpbf16ps emulated::multiply
