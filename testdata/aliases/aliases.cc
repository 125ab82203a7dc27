// Functions with several names each. Which of them is shown hangs on whether names are readable.
#define NAMED(name, of) extern "C" int name(int) __attribute__((alias(of)))
#define WEAK __attribute__((weak))
#define KEPT __attribute__((noinline, noclone, used))

// Every way through takes the same time, so that a few samples hit all of them.
static volatile int sink;
#define SPIN for (int at = 0; at < 20000; at++) sink += at

namespace shop {
// Readable 16 characters, mangled 17: the second name lies between.
KEPT int price(int items) { SPIN; return items; }
// A template: readable it is long, so is it mangled.
template <class T> struct Till { KEPT static int sum(T start) { SPIN; return start; } };
template struct Till<int>;
// An operator: readable it is short.
struct Coin { int worth; };
KEPT int operator+(Coin coin, int more) { SPIN; return coin.worth + more; }
}
// Fewer underscores go before length: `_Z…` has one, a readable name none.
KEPT int plain_function(int items) { SPIN; return items; }
extern "C" KEPT int bare(int items) { SPIN; return items; }

NAMED(shop_price_17chr, "_ZN4shop5priceEi");
NAMED(_of_a_till_with_a_long_name_of_one_underscore, "_ZN4shop4TillIiE3sumEi") WEAK;
NAMED(coins_and_more_of_them, "_ZN4shopplENS_4CoinEi");
// Mangled it has one underscore, which is less than two.
namespace shop { KEPT int second(int items) { SPIN; return items; } }
NAMED(__second_of_two, "_ZN4shop6secondEi");
NAMED(plain, "_Z14plain_functioni");
NAMED(_Z23_an_alias_of_C_mangled_i, "bare");
// A weak name is not taken, however long.
NAMED(a_weak_name_that_is_longer, "bare") WEAK;

extern "C" void _start() {
	for (int at = 0; at < 4000; at++) {
		shop::price(at);
		shop::Till<int>::sum(at);
		(void)(shop::Coin{at} + 1);
		plain_function(at);
		bare(at);
		shop::second(at);
	}
	asm volatile("mov $60, %eax; xor %edi, %edi; syscall");
}
