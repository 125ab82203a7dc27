// work SECONDS: templates, lambdas, virtual functions, and twins whose code is the same.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#define NOT_INLINE __attribute__((noinline))

namespace shop {

volatile unsigned long kept;

template <class T, int N> struct Ring {
	T values[N];
	int at = 0;
	void push(T x) { values[at++ % N] = x; }
	T sum() const
	{
		T all{};
		for (auto &x : values)
			all += x;
		return all;
	}
};

struct Item {
	virtual ~Item() = default;
	virtual unsigned long price(unsigned long) const = 0;
};

struct Apple : Item {
	unsigned long price(unsigned long x) const override
	{
		Ring<unsigned long, 16> ring;
		for (int i = 0; i < 200; i++)
			ring.push(x * i + (x >> 2));
		return ring.sum();
	}
};

struct Pear : Item {
	unsigned long price(unsigned long x) const override
	{
		unsigned long all = 0;
		for (int i = 0; i < 400; i++)
			all = all * 31 + (x ^ i);
		return all;
	}
};

template <class F> NOT_INLINE unsigned long apply(F f, unsigned long x)
{
	return f(x) + 1;
}

NOT_INLINE unsigned long basket(const std::vector<std::unique_ptr<Item>> &items, unsigned long x)
{
	unsigned long all = 0;
	for (auto &item : items)
		all += item->price(x);
	kept = all;
	return all + 1;
}

NOT_INLINE unsigned long sorted(unsigned long x)
{
	std::vector<unsigned long> values(1500);
	for (auto &value : values)
		value = x = x * 6364136223846793005UL + 1442695040888963407UL;
	std::sort(values.begin(), values.end(), [](auto a, auto b) { return a > b; });
	return values[3];
}

NOT_INLINE unsigned long words(unsigned long x)
{
	std::map<std::string, unsigned long> counted;
	for (int i = 0; i < 60; i++)
		counted["key" + std::to_string(x % 97 + i)] += i;
	return counted.size();
}

// Linkers that fold identical code give these one address.
template <class T> NOT_INLINE T twin(T x)
{
	T all = 0;
	for (int i = 0; i < 500; i++)
		all = all * 33 + (x ^ i);
	kept = all;
	return all;
}

} // namespace shop

int main(int count, char **arguments)
{
	using namespace shop;
	using Clock = std::chrono::steady_clock;
	double seconds = count > 1 ? atof(arguments[1]) : 1;
	std::vector<std::unique_ptr<Item>> items;
	for (int i = 0; i < 8; i++)
		if (i & 1)
			items.push_back(std::make_unique<Apple>());
		else
			items.push_back(std::make_unique<Pear>());
	auto start = Clock::now();
	unsigned long x = 1;
	std::function<unsigned long(unsigned long)> both = [&](unsigned long x) {
		return basket(items, x) + sorted(x);
	};
	while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
		x += apply(both, x);
		x += apply([](unsigned long x) { return words(x) ^ x; }, x);
		x += twin<unsigned long>(x) + twin<unsigned long long>(x) + twin<long>(x);
	}
	return x == 42;
}
