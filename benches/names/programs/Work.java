// Work SECONDS
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;

public class Work {
	static int fib(int n) {
		return n < 2 ? n : fib(n - 1) + fib(n - 2);
	}

	static long sorted(long x) {
		Long[] values = new Long[2000];
		for (int i = 0; i < values.length; i++)
			values[i] = (i * 7919L + x) % 2003;
		Arrays.sort(values, Comparator.reverseOrder());
		return values[3];
	}

	static long maps(long x) {
		HashMap<String, Long> counted = new HashMap<>();
		for (int i = 0; i < 500; i++)
			counted.merge("k" + (i + x) % 97, 1L, Long::sum);
		return counted.size();
	}

	public static void main(String[] words) {
		double seconds = Double.parseDouble(words[0]);
		long start = System.nanoTime(), x = 0;
		while ((System.nanoTime() - start) / 1e9 < seconds)
			x += fib(18) + sorted(x) + maps(x);
		System.out.println(x);
	}
}
