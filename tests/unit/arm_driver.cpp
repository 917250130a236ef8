// Runs the kernel on numbers from a file, so that it can be tried on an emulated processor.
//
// Usage: arm_driver IN OUT. Both files are arrays, each a count (int64) and its float32
// numbers, in the order in which test_arm.py writes and reads them.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "mlp.cpp"

typedef std::vector<float> Array;

static std::vector<Array> read_all(const char *path) {
  std::vector<Array> arrays;
  FILE *file = std::fopen(path, "rb");
  for (int64_t count; file && std::fread(&count, sizeof count, 1, file) == 1;) {
    arrays.emplace_back(count);
    if (std::fread(arrays.back().data(), 4, count, file) != (size_t)count) std::exit(2);
  }
  return arrays;
}

static std::vector<float *> addresses(std::vector<Array> &arrays, int first, int count) {
  std::vector<float *> found;
  for (int i = first; i < first + count; ++i) found.push_back(arrays[i].data());
  return found;
}

static std::vector<Array> zeros_like(const std::vector<Array> &arrays, int first, int count) {
  std::vector<Array> zeros;
  for (int i = first; i < first + count; ++i) zeros.emplace_back(arrays[i].size());
  return zeros;
}

int main(int, char **argv) {
  auto in = read_all(argv[1]);
  const bool bfloat16 = in[0][0];
  const int blocks = in[0][1], layers = in[0][2];
  Array &sinusoids = in[1], &steps = in[2], &noise = in[3], &x = in[4], &eps = in[5];
  std::vector<int64_t> index(in[6].begin(), in[6].end());
  const long n = x.size() / DIM, count = steps.size() / 5, times = sinusoids.size() / WIDTH;
  const int of_time = 2 * (blocks + 1), of_rest = 6 * blocks + 5;
  auto time = addresses(in, 7, of_time), rest = addresses(in, 7 + of_time, of_rest);

  Array shifts(times * blocks * WIDTH), shift_grads(shifts.size());
  mlp_time_shifts(time.data(), blocks, times, sinusoids.data(), shifts.data());

  auto grads = zeros_like(in, 7, of_time + of_rest);
  auto time_grads = addresses(grads, 0, of_time), rest_grads = addresses(grads, of_time, of_rest);
  double loss = mlp_loss(bfloat16, rest.data(), rest_grads.data(), blocks, layers, x.data(),
                         eps.data(), shifts.data(), index.data(), 2.0f / eps.size(), 0, n,
                         shift_grads.data());
  mlp_time_gradients(time.data(), blocks, times, sinusoids.data(), shift_grads.data(),
                     time_grads.data());

  Array x_t(count * x.size()), x0_hat(x_t.size());
  mlp_walk(bfloat16, rest.data(), blocks, layers, count, steps.data(), shifts.data(), noise.data(),
           0, n, 0, n, x.data(), x_t.data(), x0_hat.data());

  std::vector<Array> out{{(float)loss}, x0_hat, x};
  out.insert(out.end(), grads.begin(), grads.end());
  FILE *file = std::fopen(argv[2], "wb");
  for (auto &array : out) {
    int64_t size = array.size();
    std::fwrite(&size, sizeof size, 1, file);
    std::fwrite(array.data(), 4, size, file);
  }
  return std::fclose(file);
}
