// The parts of the network's layers, forwards and backwards.

#pragma once
#include <cmath>
#include <vector>

#include "products.h"

constexpr float SLOPE = 0.02f;    // of the leaky ReLU
constexpr float EPSILON = 1e-5f;  // of the layer norm

// A square weight, laid out for x W^T (`forwards`) and for x W (`backwards`).
template <class P>
struct Weight {
  std::vector<Panels<P>> forwards{1}, backwards;

  Weight(const float *w, bool both) : backwards(both) {
    forwards[0].pack(w, 1, WIDTH);
    if (both) backwards[0].pack(w, WIDTH, 1);
  }
};

// (x - mean) / deviation is scale * x + shift.
struct Norm {
  float scale, shift;

  Norm() {}
  explicit Norm(const float *x) {
    Vector sum[4] = {}, squares[4] = {};  // four, as a sum waits for the one before it
#pragma GCC unroll 64
    for (int v = 0; v < VECTORS; ++v) {
      Vector part = load(x + v * LANES);
      sum[v % 4] += part;
      squares[v % 4] += part * part;
    }
    float mean = total(sum) / WIDTH;
    scale = 1 / std::sqrt(total(squares) / WIDTH - mean * mean + EPSILON);
    shift = -mean * scale;
  }
  Vector operator()(const float *x) const { return load(x) * scale + shift; }
};

inline Vector leaky(Vector x) { return x > 0 ? x : x * SLOPE; }

// Leaky ReLU of the layer norm of each row, as an operand of products.
template <class P>
void activate(const Rows &x, const float *gain, const float *bias, Norm *norms, Units<P> &out) {
  for (int r = 0; r < ROWS; ++r) {
    Norm norm = norms[r] = Norm(x.at[r]);
    for (int i = 0; i < WIDTH; i += LANES)
      P::put(out.at[r], i, leaky(norm(x.at[r] + i) * load(gain + i) + load(bias + i)));
  }
}

// Gradient through a layer norm of x, its gain and bias, and a leaky ReLU of this slope
// below zero (1: none). Adds to the gradients, that of x included.
inline void normalise_backwards(const float *x, Norm norm, const float *gain, const float *bias,
                                float slope, const float *upstream, float *gain_grad,
                                float *bias_grad, float *x_grad) {
  Vector unit[VECTORS], grad[VECTORS], sum[4] = {}, weighted[4] = {};
#pragma GCC unroll 64
  for (int v = 0; v < VECTORS; ++v) {
    int i = v * LANES;
    Vector g = load(upstream + i), scale = load(gain + i);
    unit[v] = norm(x + i);
    g = unit[v] * scale + load(bias + i) > 0 ? g : g * slope;
    add_to(gain_grad + i, g * unit[v]);
    add_to(bias_grad + i, g);
    grad[v] = g * scale;
    sum[v % 4] += grad[v];
    weighted[v % 4] += grad[v] * unit[v];
  }
  float mean = total(sum) / WIDTH, along = total(weighted) / WIDTH;
  for (int v = 0; v < VECTORS; ++v)
    add_to(x_grad + v * LANES, (grad[v] - mean - unit[v] * along) * norm.scale);
}
