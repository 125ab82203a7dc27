// Something for g++ to compile: templates of the standard library, a second or two of work at -O2.
#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct Key {
	int number;
	std::string text;
	auto parts() const { return std::tie(number, text); }
	bool operator<(const Key &other) const { return parts() < other.parts(); }
};

template <int N> int work(std::istream &in) {
	std::map<Key<N>, std::vector<std::shared_ptr<std::string>>> all;
	std::unordered_map<std::string, std::deque<std::variant<int, double, std::string>>> mixed;
	const std::regex word("([a-z]+)-" + std::to_string(N) + "=([0-9]+)");
	for (std::string line; std::getline(in, line);) {
		std::smatch found;
		if (!std::regex_search(line, found, word))
			continue;
		all[{std::stoi(found[2]), found[1]}].push_back(std::make_shared<std::string>(line));
		mixed[found[1]].emplace_back(N * 0.5);
	}
	std::set<std::function<int(int)> *> called;
	std::vector<std::pair<int, std::string>> sorted;
	for (auto &[key, lines] : all)
		sorted.emplace_back(key.number + lines.size(), key.text);
	std::stable_sort(sorted.begin(), sorted.end(), [](auto &a, auto &b) { return a.second > b.second; });
	std::ostringstream out;
	for (auto &[number, text] : sorted)
		out << number << ' ' << text << '\n';
	return static_cast<int>(out.str().size() + called.size() + mixed.size());
}

int main() {
	return work<1>(std::cin) + work<2>(std::cin) + work<3>(std::cin) + work<4>(std::cin) + work<5>(std::cin)
		+ work<6>(std::cin);
}
