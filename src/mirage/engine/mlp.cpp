// The MLP of networks/mlp.py on a CPU, one tile of samples at a time.
//
// A tile's activations stay in the cache while it is walked through many reverse
// steps, or forwards and backwards through the network. Compiled for one width, one
// dimension and this processor by native.py, with -DWIDTH=.. -DDIM=..
//
// Products are taken in bfloat16 with float32 sums (AVX-512 BF16), or in float32 on
// any processor; everything else is float32. A sample's result does not depend on
// the tile or the call it is in.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace {

constexpr int ROWS = 48;  // samples in a tile
constexpr int LANES = 16;
constexpr int VECTORS = WIDTH / LANES;
constexpr float SLOPE = 0.02f;  // of the leaky ReLU
constexpr float EPSILON = 1e-5f;  // of the layer norm
static_assert(WIDTH % LANES == 0, "the width must be a multiple of 16");

typedef float Vector __attribute__((vector_size(4 * LANES)));

inline Vector load(const float *from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline void store(float *to, Vector v) { std::memcpy(to, &v, sizeof v); }

inline Vector fill(float x) { return x - Vector{}; }

inline float total(Vector v) {
  auto eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
              __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

// How products are taken: operands are units of DEPTH numbers along the summed axis.
struct Float32 {
  typedef float Unit;
  static constexpr int DEPTH = 1;
  static void convert(Unit *to, const Vector *from) {
    for (int v = 0; v < VECTORS; ++v) store(to + v * LANES, from[v]);
  }
  static Unit unit(const float *x, long) { return x[0]; }
  // Units along the rows instead of along the columns, from `rows` converted rows.
  static void interleave(Unit *to, const Unit *from) {
    std::memcpy(to, from, sizeof(Unit) * ROWS * WIDTH);
  }
  static Vector add(Vector sum, Unit a, const Unit *b) { return sum + fill(a) * load(b); }
};

#ifdef __AVX512BF16__
struct BFloat16 {
  typedef uint32_t Unit;
  static constexpr int DEPTH = 2;
  static void convert(Unit *to, const Vector *from) {
    for (int v = 0; v < VECTORS; ++v) {
      __m256bh x = _mm512_cvtneps_pbh((__m512)from[v]);
      std::memcpy(to + v * LANES / 2, &x, sizeof x);
    }
  }
  static uint32_t round(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  }
  static Unit unit(const float *x, long stride) { return round(x[0]) | round(x[stride]) << 16; }
  static void interleave(Unit *to, const Unit *from) {
    const uint16_t *x = (const uint16_t *)from;
    for (int r = 0; r < ROWS; r += 2, x += 2 * WIDTH)
      for (int i = 0; i < WIDTH; i += LANES, to += LANES) {
        __m512i even = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(x + i)));
        __m512i odd = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(x + WIDTH + i)));
        _mm512_storeu_si512(to, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
      }
  }
  static Vector add(Vector sum, Unit a, const Unit *b) {
    __m512i column = _mm512_loadu_si512(b);
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)a),
                                    (__m512bh)column);
  }
};
#endif

// out[r][i] (+)= sum_k a[r, k] b[k][i], for M rows and N vectors of columns.
template <class P, int M, int N, bool ACCUMULATE>
inline void product(const typename P::Unit *a, long row, long step, const typename P::Unit *b,
                    int depth, float *out) {
  Vector sum[M][N];
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n)
      sum[m][n] = ACCUMULATE ? load(out + m * WIDTH + n * LANES) : Vector{};
  for (int k = 0; k < depth; ++k) {
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m)
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n)
        sum[m][n] = P::add(sum[m][n], a[m * row + k * step], b + k * WIDTH + n * LANES);
  }
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n) store(out + m * WIDTH + n * LANES, sum[m][n]);
}

template <class P, int M, bool ACCUMULATE>
void multiply(const typename P::Unit *a, long row, long step, const typename P::Unit *b, int depth,
              int rows, float *out) {
  constexpr int N = VECTORS % 4 == 0 ? 4 : VECTORS % 2 == 0 ? 2 : 1;
  for (int i = 0; i < VECTORS; i += N)
    for (int r = 0; r < rows; r += M)
      product<P, M, N, ACCUMULATE>(a + r * row, row, step, b + i * LANES, depth,
                                   out + r * WIDTH + i * LANES);
}

// The parameters (or their gradients), in the order of native.py.
template <class T>
struct Parameters {
  struct Block {
    T *norm1, *bias1, *linear1, *norm2, *bias2, *linear2;
  };
  T *input;
  std::vector<Block> block;
  T *norm, *bias, *output, *offset;

  Parameters(T *const *p, int blocks) : input(*p++) {
    for (int i = 0; i < blocks; ++i, p += 6) block.push_back({p[0], p[1], p[2], p[3], p[4], p[5]});
    norm = p[0], bias = p[1], output = p[2], offset = p[3];
  }
};

// A square weight, laid out for x W^T (`forwards`) and for x W (`backwards`).
template <class P>
struct Weight {
  std::vector<typename P::Unit> forwards, backwards;

  Weight(const float *w, bool both) : forwards(WIDTH / P::DEPTH * WIDTH) {
    for (int k = 0; k < WIDTH / P::DEPTH; ++k)
      for (int n = 0; n < WIDTH; ++n)
        forwards[k * WIDTH + n] = P::unit(w + n * WIDTH + k * P::DEPTH, 1);
    if (!both) return;
    backwards.resize(forwards.size());
    for (int n = 0; n < WIDTH / P::DEPTH; ++n)
      for (int k = 0; k < WIDTH; ++k)
        backwards[n * WIDTH + k] = P::unit(w + n * P::DEPTH * WIDTH + k, WIDTH);
  }
};

template <class P>
struct Network {
  Parameters<const float> p;
  std::vector<float> input;  // DIM x WIDTH
  std::vector<Weight<P>> linear1, linear2;
  int layers;

  Network(const float *const *parameters, int blocks, int layers, bool both)
      : p(parameters, blocks), input(DIM * WIDTH), layers(layers) {
    for (int i = 0; i < WIDTH * DIM; ++i) input[i % DIM * WIDTH + i / DIM] = p.input[i];
    for (auto &block : p.block) {
      linear1.emplace_back(block.linear1, both);
      linear2.emplace_back(block.linear2, both);
    }
  }
};

struct alignas(64) Rows {
  float at[ROWS][WIDTH];
};

template <class P>
struct alignas(64) Units {
  typename P::Unit at[ROWS][WIDTH / P::DEPTH];
};

struct Moments {
  float mean, inverse;  // inverse: 1 / standard deviation
};

inline Moments moments(const float *x) {
  Vector sum{}, squares{};
  for (int i = 0; i < WIDTH; i += LANES) {
    Vector v = load(x + i);
    sum += v;
    squares += v * v;
  }
  float mean = total(sum) / WIDTH;
  return {mean, 1 / std::sqrt(total(squares) / WIDTH - mean * mean + EPSILON)};
}

inline Vector leaky(Vector x) { return x > x * SLOPE ? x : x * SLOPE; }

// Leaky ReLU of the layer norm of each row, as an operand of products.
template <class P>
void activate(const Rows &x, const float *gain, const float *bias, Units<P> &out) {
  for (int r = 0; r < ROWS; ++r) {
    auto [mean, inverse] = moments(x.at[r]);
    Vector row[VECTORS];
    for (int v = 0; v < VECTORS; ++v)
      row[v] = leaky((load(x.at[r] + v * LANES) - mean) * (inverse * load(gain + v * LANES)) +
                     load(bias + v * LANES));
    P::convert(out.at[r], row);
  }
}

// What the backward pass needs of the forward one, layer by layer.
template <class P>
struct Trace {
  Rows hidden, middle;
  Units<P> first, second;
};

template <class P>
void embed(const Network<P> &net, const float *x, Rows &hidden) {
  for (int r = 0; r < ROWS; ++r)
    for (int i = 0; i < WIDTH; i += LANES) {
      Vector sum{};
      for (int d = 0; d < DIM; ++d) sum += x[r * DIM + d] * load(net.input.data() + d * WIDTH + i);
      store(hidden.at[r] + i, sum);
    }
}

// One residual layer: t.hidden in, next out. shift: of each row.
template <class P>
void layer(const Network<P> &net, int number, const float *const *shift, Trace<P> &t, Rows &next) {
  auto &block = net.p.block[number];
  constexpr int DEPTH = WIDTH / P::DEPTH;
  activate<P>(t.hidden, block.norm1, block.bias1, t.first);
  for (int r = 0; r < ROWS; ++r)
    std::memcpy(t.middle.at[r], shift[r] + number * WIDTH, sizeof t.middle.at[r]);
  multiply<P, 6, true>(t.first.at[0], DEPTH, 1, net.linear1[number].forwards.data(), DEPTH, ROWS,
                       t.middle.at[0]);
  activate<P>(t.middle, block.norm2, block.bias2, t.second);
  if (&next != &t.hidden) next = t.hidden;
  multiply<P, 6, true>(t.second.at[0], DEPTH, 1, net.linear2[number].forwards.data(), DEPTH, ROWS,
                       next.at[0]);
}

inline void normalise(const float *x, Moments m, Vector *out) {
  for (int v = 0; v < VECTORS; ++v) out[v] = (load(x + v * LANES) - m.mean) * m.inverse;
}

template <class P>
void read_out(const Network<P> &net, const Rows &hidden, float *eps_hat) {
  for (int r = 0; r < ROWS; ++r) {
    Vector row[VECTORS];
    normalise(hidden.at[r], moments(hidden.at[r]), row);
    for (int d = 0; d < DIM; ++d) {
      Vector sum{};
      for (int v = 0; v < VECTORS; ++v)
        sum += (row[v] * load(net.p.norm + v * LANES) + load(net.p.bias + v * LANES)) *
               load(net.p.output + d * WIDTH + v * LANES);
      eps_hat[r * DIM + d] = total(sum) + net.p.offset[d];
    }
  }
}

// Reverse steps as in diffusion.ReverseStep: x0_from_x, x0_from_eps, from_x0, from_x, sigma.
struct Step {
  float x0_from_x, x0_from_eps, from_x0, from_x, sigma;
};

template <class P>
void walk(const Network<P> &net, int steps, const Step *step, const float *shifts,
          const float *noise, bool clip, long all, long first, long last, float *x, float *x_t,
          float *x0_hat) {
  Trace<P> trace;
  float at[ROWS * DIM], eps_hat[ROWS * DIM];
  const float *shift[ROWS];
  for (long start = first; start < last; start += ROWS) {
    int rows = last - start < ROWS ? last - start : ROWS;
    std::memset(at, 0, sizeof at);
    std::memcpy(at, x + start * DIM, sizeof(float) * rows * DIM);
    for (int s = 0; s < steps; ++s) {
      for (auto &row : shift) row = shifts + s * net.p.block.size() * WIDTH;
      embed(net, at, trace.hidden);
      for (int l = 0; l < net.layers; ++l)
        layer<P>(net, l % net.p.block.size(), shift, trace, trace.hidden);
      read_out(net, trace.hidden, eps_hat);
      long here = (s * all + start) * DIM;
      for (int i = 0; i < rows * DIM; ++i) {
        float now = at[i];
        float clean = step[s].x0_from_x * now + step[s].x0_from_eps * eps_hat[i];
        if (clip) clean = clean < -1 ? -1 : clean > 1 ? 1 : clean;
        x_t[here + i] = now;
        x0_hat[here + i] = clean;
        at[i] = step[s].from_x0 * clean + step[s].from_x * now;
        if (step[s].sigma) at[i] += step[s].sigma * noise[here + i];
      }
    }
    std::memcpy(x + start * DIM, at, sizeof(float) * rows * DIM);
  }
}

// Gradient through `normalise`, a gain and a bias, and a leaky ReLU of this slope below
// zero (1: none). Adds to `out`.
inline void normalise_backwards(const float *x, const float *gain, const float *bias, float slope,
                                const Vector *upstream, float *gain_grad, float *bias_grad,
                                float *out) {
  Moments m = moments(x);
  Vector unit[VECTORS], grad[VECTORS], sum{}, weighted{};
  normalise(x, m, unit);
  for (int v = 0; v < VECTORS; ++v) {
    Vector g = upstream[v], scale = load(gain + v * LANES);
    g = unit[v] * scale + load(bias + v * LANES) > 0 ? g : g * slope;
    store(gain_grad + v * LANES, load(gain_grad + v * LANES) + g * unit[v]);
    store(bias_grad + v * LANES, load(bias_grad + v * LANES) + g);
    grad[v] = g * scale;
    sum += grad[v];
    weighted += grad[v] * unit[v];
  }
  float mean = total(sum) / WIDTH, along = total(weighted) / WIDTH;
  for (int v = 0; v < VECTORS; ++v)
    store(out + v * LANES,
          load(out + v * LANES) + (grad[v] - mean - unit[v] * along) * m.inverse);
}

template <class P>
void to_units(const Rows &x, Units<P> &out) {
  for (int r = 0; r < ROWS; ++r) P::convert(out.at[r], (const Vector *)x.at[r]);
}

// Gradient of one linear layer: of its weight, and of its input.
template <class P>
void linear_backwards(const Units<P> &input, const Weight<P> &weight, const Units<P> &upstream,
                      Units<P> *scratch, float *weight_grad, Rows &out) {
  constexpr int DEPTH = WIDTH / P::DEPTH;
  multiply<P, 6, false>(upstream.at[0], DEPTH, 1, weight.backwards.data(), DEPTH, ROWS, out.at[0]);
  P::interleave(scratch[0].at[0], upstream.at[0]);
  P::interleave(scratch[1].at[0], input.at[0]);
  multiply<P, 4, true>(scratch[0].at[0], 1, WIDTH, scratch[1].at[0], ROWS / P::DEPTH, WIDTH,
                       weight_grad);
}

// The sum of squared errors of rows [first, last), whose gradients are added to.
template <class P>
double loss(const Network<P> &net, const Parameters<float> &grad, const float *x_t,
            const float *eps, const float *shifts, const int64_t *index, float scale, long first,
            long last, float *shift_grads) {
  const int blocks = net.p.block.size(), stride = blocks * WIDTH;
  std::vector<Trace<P>> trace(net.layers);
  Rows hidden, upstream, shift_grad;
  Units<P> units, scratch[2];
  float x[ROWS * DIM], out[ROWS * DIM];
  const float *shift[ROWS];
  double sum = 0;
  for (long start = first; start < last; start += ROWS) {
    int rows = last - start < ROWS ? last - start : ROWS;
    std::memset(x, 0, sizeof x);
    std::memcpy(x, x_t + start * DIM, sizeof(float) * rows * DIM);
    for (int r = 0; r < ROWS; ++r) shift[r] = shifts + (r < rows ? index[start + r] * stride : 0);

    embed(net, x, trace[0].hidden);
    for (int l = 0; l < net.layers; ++l)
      layer<P>(net, l % blocks, shift, trace[l], l + 1 < net.layers ? trace[l + 1].hidden : hidden);
    read_out(net, hidden, out);

    for (int r = 0; r < ROWS; ++r) {  // the output layer and the last norm
      Vector row[VECTORS], back[VECTORS] = {};
      Moments m = moments(hidden.at[r]);
      normalise(hidden.at[r], m, row);
      for (int d = 0; d < DIM; ++d) {
        float error = r < rows ? out[r * DIM + d] - eps[(start + r) * DIM + d] : 0;
        sum += (double)error * error;
        error *= scale;
        grad.offset[d] += error;
        for (int v = 0; v < VECTORS; ++v) {
          float *weight_grad = grad.output + d * WIDTH + v * LANES;
          Vector normed = row[v] * load(net.p.norm + v * LANES) + load(net.p.bias + v * LANES);
          store(weight_grad, load(weight_grad) + error * normed);
          back[v] += error * load(net.p.output + d * WIDTH + v * LANES);
        }
      }
      std::memset(upstream.at[r], 0, sizeof upstream.at[r]);
      normalise_backwards(hidden.at[r], net.p.norm, net.p.bias, 1, back, grad.norm, grad.bias,
                          upstream.at[r]);
    }

    for (int l = net.layers - 1; l >= 0; --l) {
      int number = l % blocks;
      auto &block = net.p.block[number];
      auto &block_grad = grad.block[number];
      Rows back;
      to_units<P>(upstream, units);
      linear_backwards<P>(trace[l].second, net.linear2[number], units, scratch, block_grad.linear2,
                          back);
      std::memset(&shift_grad, 0, sizeof shift_grad);
      for (int r = 0; r < ROWS; ++r)
        normalise_backwards(trace[l].middle.at[r], block.norm2, block.bias2, SLOPE,
                            (const Vector *)back.at[r], block_grad.norm2, block_grad.bias2,
                            shift_grad.at[r]);
      for (int r = 0; r < rows; ++r) {
        float *to = shift_grads + index[start + r] * stride + number * WIDTH;
        for (int i = 0; i < WIDTH; i += LANES)
          store(to + i, load(to + i) + load(shift_grad.at[r] + i));
      }
      to_units<P>(shift_grad, units);
      linear_backwards<P>(trace[l].first, net.linear1[number], units, scratch, block_grad.linear1,
                          back);
      for (int r = 0; r < ROWS; ++r)
        normalise_backwards(trace[l].hidden.at[r], block.norm1, block.bias1, SLOPE,
                            (const Vector *)back.at[r], block_grad.norm1, block_grad.bias1,
                            upstream.at[r]);
    }

    for (int r = 0; r < rows; ++r)
      for (int i = 0; i < WIDTH; ++i)
        for (int d = 0; d < DIM; ++d) grad.input[i * DIM + d] += upstream.at[r][i] * x[r * DIM + d];
  }
  return sum;
}

}  // namespace

extern "C" {

int has_bfloat16() {
#ifdef __AVX512BF16__
  return 1;
#else
  return 0;
#endif
}

void mlp_walk(int bfloat16, const float *const *parameters, int blocks, int layers, int steps,
              const void *step, const float *shifts, const float *noise, int clip, long all,
              long first, long last, float *x, float *x_t, float *x0_hat) {
#ifdef __AVX512BF16__
  if (bfloat16) {
    Network<BFloat16> net(parameters, blocks, layers, false);
    return walk(net, steps, (const Step *)step, shifts, noise, clip, all, first, last, x, x_t,
                x0_hat);
  }
#endif
  Network<Float32> net(parameters, blocks, layers, false);
  walk(net, steps, (const Step *)step, shifts, noise, clip, all, first, last, x, x_t, x0_hat);
}

double mlp_loss(int bfloat16, const float *const *parameters, float *const *gradients, int blocks,
                int layers, const float *x_t, const float *eps, const float *shifts,
                const int64_t *index, float scale, long first, long last, float *shift_grads) {
  Parameters<float> grad(gradients, blocks);
#ifdef __AVX512BF16__
  if (bfloat16) {
    Network<BFloat16> net(parameters, blocks, layers, true);
    return loss(net, grad, x_t, eps, shifts, index, scale, first, last, shift_grads);
  }
#endif
  Network<Float32> net(parameters, blocks, layers, true);
  return loss(net, grad, x_t, eps, shifts, index, scale, first, last, shift_grads);
}
}
