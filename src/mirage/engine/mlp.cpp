// The MLP of networks/mlp.py on a CPU, one tile of samples at a time.
//
// A tile's activations stay in the cache while it is walked through many reverse
// steps, or forwards and backwards through the network. Compiled for one width, one
// dimension and one vector unit by native.py, with -DWIDTH=.. -DDIM=..
//
// Only products are taken in bfloat16, if at all. A sample's result does not depend on
// the tile or the call it is in.

#include "layers.h"
#include "time_embedding.h"

namespace {

// The parameters (or their gradients), in the order of parameters.py.
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

template <class P>
struct Network {
  Parameters<const float> p;
  float input[DIM][WIDTH];
  float output[DIM][WIDTH], along[DIM] = {}, offset[DIM];  // the last norm's gain and bias within
  std::vector<Weight<P>> linear1, linear2;
  int layers;

  Network(const float *const *parameters, int blocks, int layers, bool both)
      : p(parameters, blocks), layers(layers) {
    for (int i = 0; i < WIDTH * DIM; ++i) input[i % DIM][i / DIM] = p.input[i];
    for (int d = 0; d < DIM; ++d) {
      offset[d] = p.offset[d];
      for (int i = 0; i < WIDTH; ++i) {
        along[d] += output[d][i] = p.output[d * WIDTH + i] * p.norm[i];
        offset[d] += p.output[d * WIDTH + i] * p.bias[i];
      }
    }
    for (auto &block : p.block) {
      linear1.emplace_back(block.linear1, both);
      linear2.emplace_back(block.linear2, both);
    }
  }
};

// What the backward pass needs of the forward one, layer by layer.
template <class P>
struct Trace {
  Rows hidden, middle;
  Norm of_hidden[ROWS], of_middle[ROWS];
  Units<P> first, second;
};

template <class P>
void embed(const Network<P> &net, const float *x, Rows &hidden) {
  for (int r = 0; r < ROWS; ++r)
    for (int i = 0; i < WIDTH; i += LANES) {
      Vector sum{};
      for (int d = 0; d < DIM; ++d) sum += x[r * DIM + d] * load(net.input[d] + i);
      store(hidden.at[r] + i, sum);
    }
}

// One residual layer: t.hidden in, next out.
template <class P>
void layer(const Network<P> &net, int number, Start shift, Trace<P> &t, Rows &next) {
  auto &block = net.p.block[number];
  activate(t.hidden, block.norm1, block.bias1, t.of_hidden, t.first);
  multiply(t.first, net.linear1[number].forwards[0], shift, t.middle);
  activate(t.middle, block.norm2, block.bias2, t.of_middle, t.second);
  multiply(t.second, net.linear2[number].forwards[0], t.hidden, next);
}

template <class P>
void read_out(const Network<P> &net, const Rows &hidden, float *eps_hat) {
  for (int r = 0; r < ROWS; ++r) {
    Vector sum[DIM] = {};
    for (int i = 0; i < WIDTH; i += LANES)
      for (int d = 0; d < DIM; ++d) sum[d] += load(hidden.at[r] + i) * load(net.output[d] + i);
    Norm norm(hidden.at[r]);
    for (int d = 0; d < DIM; ++d)
      eps_hat[r * DIM + d] = norm.scale * total(sum[d]) + norm.shift * net.along[d] + net.offset[d];
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
  TileRegisters registers;
  const int blocks = net.p.block.size();
  Trace<P> trace;
  float at[ROWS * DIM], eps_hat[ROWS * DIM];
  for (long start = first; start < last; start += ROWS) {
    int rows = last - start < ROWS ? last - start : ROWS;
    std::memset(at, 0, sizeof at);
    std::memcpy(at, x + start * DIM, sizeof(float) * rows * DIM);
    for (int s = 0; s < steps; ++s) {
      embed(net, at, trace.hidden);
      for (int l = 0; l < net.layers; ++l) {
        int number = l % blocks;
        layer(net, number, {shifts + (s * blocks + number) * WIDTH, 0}, trace, trace.hidden);
      }
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

// Gradient of one linear layer: of its weight, and of its input.
template <class P>
void linear_backwards(const Units<P> &input, const Weight<P> &weight, const Rows &upstream,
                      float *weight_grad, Rows &out) {
  Units<P> units;
  for (int r = 0; r < ROWS; ++r)
    for (int i = 0; i < WIDTH; i += LANES) P::put(units.at[r], i, load(upstream.at[r] + i));
  multiply(units, weight.backwards[0], {ZEROS, 0}, out);
  multiply_transposed(units, input, weight_grad);
}

// The sum of squared errors of rows [first, last), whose gradients are added to.
template <class P>
double loss(const Network<P> &net, const Parameters<float> &grad, const float *x_t,
            const float *eps, const float *shifts, const int64_t *index, float scale, long first,
            long last, float *shift_grads) {
  TileRegisters registers;
  const int blocks = net.p.block.size(), stride = blocks * WIDTH;
  std::vector<Trace<P>> trace(net.layers);
  Rows hidden, upstream, shift_grad, back;
  float x[ROWS * DIM], out[ROWS * DIM], input_grad[DIM][WIDTH] = {};
  double sum = 0;
  for (long start = first; start < last; start += ROWS) {
    int rows = last - start < ROWS ? last - start : ROWS;
    std::memset(x, 0, sizeof x);
    std::memcpy(x, x_t + start * DIM, sizeof(float) * rows * DIM);

    embed(net, x, trace[0].hidden);
    for (int l = 0; l < net.layers; ++l) {
      Rows &shift = trace[l].middle;
      for (int r = 0; r < rows; ++r)
        std::memcpy(shift.at[r], shifts + index[start + r] * stride + l % blocks * WIDTH,
                    sizeof shift.at[r]);
      layer(net, l % blocks, shift, trace[l], l + 1 < net.layers ? trace[l + 1].hidden : hidden);
    }
    read_out(net, hidden, out);

    std::memset(&upstream, 0, sizeof upstream);
    for (int r = 0; r < ROWS; ++r) {  // the output layer and the last norm
      float grads[WIDTH] = {};
      Norm norm(hidden.at[r]);
      for (int d = 0; d < DIM; ++d) {
        float error = r < rows ? out[r * DIM + d] - eps[(start + r) * DIM + d] : 0;
        sum += (double)error * error;
        error *= scale;
        grad.offset[d] += error;
        for (int i = 0; i < WIDTH; i += LANES) {
          Vector normed = norm(hidden.at[r] + i) * load(net.p.norm + i) + load(net.p.bias + i);
          add_to(grad.output + d * WIDTH + i, error * normed);
          add_to(grads + i, error * load(net.p.output + d * WIDTH + i));
        }
      }
      normalise_backwards(hidden.at[r], norm, net.p.norm, net.p.bias, 1, grads, grad.norm,
                          grad.bias, upstream.at[r]);
    }

    for (int l = net.layers - 1; l >= 0; --l) {
      int number = l % blocks;
      auto &block = net.p.block[number];
      auto &block_grad = grad.block[number];
      linear_backwards(trace[l].second, net.linear2[number], upstream, block_grad.linear2, back);
      std::memset(&shift_grad, 0, sizeof shift_grad);
      for (int r = 0; r < ROWS; ++r)
        normalise_backwards(trace[l].middle.at[r], trace[l].of_middle[r], block.norm2, block.bias2,
                            SLOPE, back.at[r], block_grad.norm2, block_grad.bias2,
                            shift_grad.at[r]);
      for (int r = 0; r < rows; ++r)
        for (int i = 0; i < WIDTH; i += LANES)
          add_to(shift_grads + index[start + r] * stride + number * WIDTH + i,
                 load(shift_grad.at[r] + i));
      linear_backwards(trace[l].first, net.linear1[number], shift_grad, block_grad.linear1, back);
      for (int r = 0; r < ROWS; ++r)
        normalise_backwards(trace[l].hidden.at[r], trace[l].of_hidden[r], block.norm1, block.bias1,
                            SLOPE, back.at[r], block_grad.norm1, block_grad.bias1, upstream.at[r]);
    }

    for (int r = 0; r < rows; ++r)
      for (int d = 0; d < DIM; ++d)
        for (int i = 0; i < WIDTH; i += LANES)
          add_to(input_grad[d] + i, load(upstream.at[r] + i) * x[r * DIM + d]);
  }
  for (int i = 0; i < WIDTH * DIM; ++i) grad.input[i] += input_grad[i % DIM][i / DIM];
  return sum;
}

}  // namespace

extern "C" {

void mlp_walk(int bfloat16, const float *const *parameters, int blocks, int layers, int steps,
              const void *step, const float *shifts, const float *noise, int clip, long all,
              long first, long last, float *x, float *x_t, float *x0_hat) {
  auto with = [&](auto net) {
    walk(net, steps, (const Step *)step, shifts, noise, clip, all, first, last, x, x_t, x0_hat);
  };
  if (bfloat16) return with(Network<BFloat16>(parameters, blocks, layers, false));
  with(Network<Float32>(parameters, blocks, layers, false));
}

double mlp_loss(int bfloat16, const float *const *parameters, float *const *gradients, int blocks,
                int layers, const float *x_t, const float *eps, const float *shifts,
                const int64_t *index, float scale, long first, long last, float *shift_grads) {
  Parameters<float> grad(gradients, blocks);
  auto with = [&](auto net) {
    return loss(net, grad, x_t, eps, shifts, index, scale, first, last, shift_grads);
  };
  if (bfloat16) return with(Network<BFloat16>(parameters, blocks, layers, true));
  return with(Network<Float32>(parameters, blocks, layers, true));
}

void mlp_time_shifts(const float *const *parameters, int blocks, long n, const float *sinusoids,
                     float *shifts) {
  TimeEmbedding(parameters, blocks, false).shifts(sinusoids, n, shifts);
}

void mlp_time_gradients(const float *const *parameters, int blocks, long n, const float *sinusoids,
                        const float *upstream, float *const *gradients) {
  TimeEmbedding(parameters, blocks, true).backwards(sinusoids, n, upstream, gradients);
}
}
