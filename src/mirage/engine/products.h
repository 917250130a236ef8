// Matrix products of a tile of samples, which stay in the registers while they are summed.
//
// In bfloat16 with float32 sums where the processor has instructions for it (AVX-512
// BF16, AMX, Arm's dot product), in float32 everywhere. Operands are units of DEPTH
// numbers along the summed axis.

#pragma once
#include "vectors.h"
#if defined(__AVX512BF16__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#include <arm_neon.h>
#endif

constexpr int ROWS = 48;                // samples in a tile: a multiple of M, and of 16 for AMX
constexpr int M = 6, N_MOST = REGISTERS / 8;  // sums of M x N vectors fill the registers
constexpr int N = VECTORS % N_MOST == 0 ? N_MOST : VECTORS % 2 == 0 ? 2 : 1;
constexpr int PANEL = N * LANES;        // columns that are summed together

struct Float32 {
  typedef float Unit;
  static constexpr int DEPTH = 1;
  static void put(Unit *row, int i, Vector v) { store(row + i, v); }
  static Unit unit(const float *x, long) { return x[0]; }
  static const Unit *along_rows(const Unit *x, Unit *) { return x; }
  static Vector add(Vector sum, Unit a, const Unit *b) { return sum + a * load(b); }
};

#if defined(__AVX512BF16__) || defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
struct BFloat16 {
  typedef uint32_t Unit;
  static constexpr int DEPTH = 2;
  // Numbers i to i + LANES of a row, rounded to the nearest.
  static void put(Unit *row, int i, Vector v) {
#if defined(__AVX512BF16__)
    auto half = _mm512_cvtneps_pbh((__m512)v);
#else
    auto half = vcvt_bf16_f32(v);
#endif
    std::memcpy(row + i / 2, &half, sizeof half);
  }
  static Unit unit(const float *x, long stride) { return round(x[0]) | round(x[stride]) << 16; }
  static uint32_t round(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  }
  // Of ROWS rows with units along them, units from one row to the next.
  static const Unit *along_rows(const Unit *units, Unit *out) {
    const uint16_t *x = (const uint16_t *)units;
    for (int r = 0; r < ROWS / 2; ++r, x += 2 * WIDTH)
      for (int i = 0; i < WIDTH; ++i) out[r * WIDTH + i] = x[i] | x[WIDTH + i] << 16;
    return out;
  }
#if defined(__AVX512BF16__)
  static Vector add(Vector sum, Unit a, const Unit *b) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a),
                                    (__m512bh)_mm512_loadu_si512(b));
  }
#else
  static Vector add(Vector sum, Unit a, const Unit *b) {
    return vbfdotq_f32(sum, vreinterpretq_bf16_u32(vdupq_n_u32(a)),
                       vreinterpretq_bf16_u32(vld1q_u32(b)));
  }
#endif
};
#else
typedef Float32 BFloat16;  // never asked for
#endif

template <class P>
struct alignas(64) Units {
  typename P::Unit at[ROWS][WIDTH / P::DEPTH];
};

struct alignas(64) Rows {
  float at[ROWS][WIDTH];
};

// A matrix [WIDTH / DEPTH units][WIDTH], panel by panel of columns.
template <class P>
struct Panels {
  static constexpr int DEPTH = WIDTH / P::DEPTH;
  alignas(64) typename P::Unit at[WIDTH / PANEL][DEPTH][PANEL];

  // The matrix whose number (k, n) is w[k * down + n * right].
  void pack(const float *w, long down, long right) {
    for (int n = 0; n < WIDTH; ++n)
      for (int k = 0; k < DEPTH; ++k)
        at[n / PANEL][k][n % PANEL] = P::unit(w + k * P::DEPTH * down + n * right, down);
  }
};

// Where sums start: at a matrix whose rows are so far apart; 0 for one row of biases.
struct Start {
  const float *at;
  long row;

  Start(const Rows &rows) : at(rows.at[0]), row(WIDTH) {}
  Start(const float *at, long row) : at(at), row(row) {}
};
alignas(64) constexpr float ZEROS[WIDTH] = {};

// out[m][n] = start[m][n] + sum_k a[m * row + k * step] b[k * width + n], for HEIGHT rows and
// PANEL columns. A function of its own, as compilers run out of registers where it is inlined.
template <class P, int HEIGHT>
__attribute__((noinline)) void product(const typename P::Unit *a, long row, long step,
                                       const typename P::Unit *b, long width, int depth,
                                       Start start, float *out) {
  Vector sum[HEIGHT][N];
  for (int m = 0; m < HEIGHT; ++m)
    for (int n = 0; n < N; ++n) sum[m][n] = load(start.at + m * start.row + n * LANES);
  for (int k = 0; k < depth; ++k)
#pragma GCC unroll 16
    for (int m = 0; m < HEIGHT; ++m)
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n)
        sum[m][n] = P::add(sum[m][n], a[m * row + k * step], b + k * width + n * LANES);
  for (int m = 0; m < HEIGHT; ++m)
    for (int n = 0; n < N; ++n) store(out + m * WIDTH + n * LANES, sum[m][n]);
}

#if defined(__AMX_BF16__)
struct TileRegisters {
  TileRegisters() {
    struct alignas(64) {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    } shape;
    for (int i = 0; i < 8; ++i) shape.bytes[i] = 64, shape.rows[i] = 16;
    _tile_loadconfig(&shape);
  }
  ~TileRegisters() { _tile_release(); }
};

// Three tiles of 16 x 16 sums, and of a; one of b.
inline void multiply_tiles(const Units<BFloat16> &a, const Panels<BFloat16> &b, Start start,
                           Rows &out) {
  for (int i = 0; i < WIDTH; i += 16) {
    _tile_loadd(0, start.at + i, 4 * start.row);
    _tile_loadd(1, start.at + 16 * start.row + i, 4 * start.row);
    _tile_loadd(2, start.at + 32 * start.row + i, 4 * start.row);
    for (int k = 0; k < WIDTH / 2; k += 16) {
      _tile_loadd(6, &b.at[i / PANEL][k][i % PANEL], 4 * PANEL);
      _tile_loadd(3, &a.at[0][k], 2 * WIDTH);
      _tile_loadd(4, &a.at[16][k], 2 * WIDTH);
      _tile_loadd(5, &a.at[32][k], 2 * WIDTH);
      _tile_dpbf16ps(0, 3, 6);
      _tile_dpbf16ps(1, 4, 6);
      _tile_dpbf16ps(2, 5, 6);
    }
    _tile_stored(0, &out.at[0][i], 4 * WIDTH);
    _tile_stored(1, &out.at[16][i], 4 * WIDTH);
    _tile_stored(2, &out.at[32][i], 4 * WIDTH);
  }
}
#else
struct TileRegisters {
  TileRegisters() {}
};
#endif

// out = start + a b
template <class P>
void multiply(const Units<P> &a, const Panels<P> &b, Start start, Rows &out) {
#if defined(__AMX_BF16__)
  if constexpr (P::DEPTH == 2 && WIDTH % 32 == 0) return multiply_tiles(a, b, start, out);
#endif
  constexpr int DEPTH = WIDTH / P::DEPTH;
  for (int i = 0; i < WIDTH / PANEL; ++i)
    for (int r = 0; r < ROWS; r += M)
      product<P, M>(a.at[r], DEPTH, 1, b.at[i][0], PANEL, DEPTH,
                    {start.at + r * start.row + i * PANEL, start.row}, &out.at[r][i * PANEL]);
}

// out [WIDTH][WIDTH] += a^T b, summed over the tile's rows.
template <class P>
void multiply_transposed(const Units<P> &a, const Units<P> &b, float *out) {
  constexpr int DEPTH = ROWS / P::DEPTH, HEIGHT = 4;
  alignas(64) typename P::Unit scratch[2][DEPTH * WIDTH];
  auto left = P::along_rows(a.at[0], scratch[0]), right = P::along_rows(b.at[0], scratch[1]);
  for (int i = 0; i < WIDTH; i += PANEL)
    for (int r = 0; r < WIDTH; r += HEIGHT)
      product<P, HEIGHT>(left + r, 1, WIDTH, right + i, WIDTH, DEPTH,
                         {out + r * WIDTH + i, WIDTH}, out + r * WIDTH + i);
}
