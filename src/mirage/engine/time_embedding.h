// The time embedding, forwards and backwards: what time adds in each block.
//
// A sinusoid, a linear layer, a leaky ReLU, and a linear layer for each block; always in
// float32, as it is computed once for all samples of a time.

#pragma once
#include <vector>

#include "layers.h"

struct TimeEmbedding {
  struct Linear {
    Weight<Float32> weight;
    const float *bias;

    Linear(const float *const *p, bool both) : weight(p[0], both), bias(p[1]) {}
    void operator()(const Units<Float32> &in, Rows &out) const {
      multiply(in, weight.forwards[0], {bias, 0}, out);
    }
  };
  std::vector<Linear> linear;  // the first, and one for each block

  TimeEmbedding(const float *const *parameters, int blocks, bool both) {
    for (int i = 0; i <= blocks; ++i) linear.emplace_back(parameters + 2 * i, both && i);
  }

  struct Tile {
    Units<Float32> sinusoids, hidden;
    Rows before, out;  // before the leaky ReLU, and what time adds
  };

  // sinusoids: [n][WIDTH]; shifts: [n][blocks][WIDTH].
  void shifts(const float *sinusoids, long n, float *shifts) const {
    const long blocks = linear.size() - 1;
    Tile tile;
    for (long start = 0; start < n; start += ROWS) {
      int rows = hide(sinusoids, start, n, tile);
      for (long b = 0; b < blocks; ++b) {
        linear[b + 1](tile.hidden, tile.out);
        for (int r = 0; r < rows; ++r)
          std::memcpy(shifts + ((start + r) * blocks + b) * WIDTH, tile.out.at[r], 4 * WIDTH);
      }
    }
  }

  // Adds the gradients of the weights and biases, given that of `shifts`.
  void backwards(const float *sinusoids, long n, const float *upstream, float *const *grads) const {
    const long blocks = linear.size() - 1;
    Tile tile;
    Units<Float32> grad;
    for (long start = 0; start < n; start += ROWS) {
      int rows = hide(sinusoids, start, n, tile);
      std::memset(&tile.out, 0, sizeof tile.out);
      for (long b = 0; b < blocks; ++b) {
        std::memset(&grad, 0, sizeof grad);
        for (int r = 0; r < rows; ++r)
          std::memcpy(grad.at[r], upstream + ((start + r) * blocks + b) * WIDTH, 4 * WIDTH);
        linear_backwards(tile.hidden, grad, grads + 2 * (b + 1));
        multiply(grad, linear[b + 1].weight.backwards[0], tile.out, tile.out);
      }
      for (int r = 0; r < ROWS; ++r)
        for (int i = 0; i < WIDTH; i += LANES) {
          Vector g = load(tile.out.at[r] + i);
          store(grad.at[r] + i, load(tile.before.at[r] + i) > 0 ? g : g * SLOPE);
        }
      linear_backwards(tile.sinusoids, grad, grads);
    }
  }

 private:
  // The hidden layer of a tile of times; returns how many there are.
  int hide(const float *sinusoids, long start, long n, Tile &tile) const {
    int rows = n - start < ROWS ? n - start : ROWS;
    std::memset(&tile.sinusoids, 0, sizeof tile.sinusoids);
    std::memcpy(&tile.sinusoids, sinusoids + start * WIDTH, 4 * WIDTH * rows);
    linear[0](tile.sinusoids, tile.before);
    for (int r = 0; r < ROWS; ++r)
      for (int i = 0; i < WIDTH; i += LANES)
        store(tile.hidden.at[r] + i, leaky(load(tile.before.at[r] + i)));
    return rows;
  }

  static void linear_backwards(const Units<Float32> &in, const Units<Float32> &upstream,
                               float *const *grads) {
    multiply_transposed(upstream, in, grads[0]);
    for (auto &row : upstream.at)
      for (int i = 0; i < WIDTH; i += LANES) add_to(grads[1] + i, load(row + i));
  }
};
