#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>
#include <memory>
#include <functional>
namespace shop {
struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
template <class T> struct Box : Shape { T w, h; Box(T a, T b) : w(a), h(b) {} double area() const override { return double(w) * h; } };
static inline unsigned mix(unsigned x) { x ^= x >> 13; x *= 0x5bd1e995; return x ^ (x >> 15); }
namespace { __attribute__((always_inline)) inline unsigned twice(unsigned x) { return mix(mix(x)); } }
template <class K> class Counter {
  std::unordered_map<K, unsigned> seen;
public:
  void add(const K &k) { seen[k] += twice((unsigned)seen.size()) & 7; }
  unsigned long total() const { return std::accumulate(seen.begin(), seen.end(), 0ul, [](unsigned long s, const auto &p) { return s + p.second; }); }
};
}
extern unsigned other(std::vector<unsigned> &v);
static unsigned sorted(std::vector<unsigned> v) {
  std::sort(v.begin(), v.end(), [](unsigned a, unsigned b) { return shop::mix(a) < shop::mix(b); });
  return v[v.size() / 2];
}
int main(int argc, char **argv) {
  unsigned long sum = 0;
  int rounds = argc > 1 ? atoi(argv[1]) : 40;
  for (int r = 0; r < rounds; r++) {
    std::vector<unsigned> v(20000);
    std::iota(v.begin(), v.end(), (unsigned)r);
    sum += sorted(v);
    shop::Counter<std::string> c;
    for (unsigned i = 0; i < 2000; i++) c.add(std::to_string(shop::mix(i) % 500));
    sum += c.total() + other(v);
    std::vector<std::unique_ptr<shop::Shape>> shapes;
    for (int i = 0; i < 1000; i++) { if (i & 1) shapes.push_back(std::make_unique<shop::Box<int>>(i, r)); else shapes.push_back(std::make_unique<shop::Box<float>>(i, r)); }
    for (auto &s : shapes) sum += (unsigned long)s->area();
  }
  printf("%lu\n", sum);
}
