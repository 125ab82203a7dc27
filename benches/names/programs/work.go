// work SECONDS: three goroutines with interfaces, maps and closures.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type shape interface{ area(x uint64) uint64 }

type circle struct{ radius uint64 }

func (c circle) area(x uint64) uint64 {
	for i := uint64(0); i < 300; i++ {
		x = x*c.radius ^ i
	}
	return x
}

//go:noinline
func total(shapes []shape, x uint64) uint64 {
	all := uint64(0)
	for _, one := range shapes {
		all += one.area(x)
	}
	return all
}

//go:noinline
func words(x uint64) int {
	counted := map[string]int{}
	for i := 0; i < 300; i++ {
		counted["k"+strconv.Itoa(i)+strings.Repeat("x", int(x%3))] = i
	}
	return len(counted)
}

//go:noinline
func sorted(x uint64) uint64 {
	values := make([]uint64, 1500)
	for i := range values {
		x = x*6364136223846793005 + 1
		values[i] = x
	}
	sort.Slice(values, func(a, b int) bool { return values[a] > values[b] })
	return values[3]
}

func main() {
	seconds, _ := strconv.ParseFloat(os.Args[1], 64)
	end := time.Now().Add(time.Duration(seconds * 1e9))
	var all sync.WaitGroup
	for i := 0; i < 3; i++ {
		all.Add(1)
		go func(x uint64) {
			defer all.Done()
			shapes := []shape{circle{7}, circle{9}}
			for time.Now().Before(end) {
				x += total(shapes, x) + uint64(words(x)) + sorted(x)
			}
			if x == 42 {
				fmt.Println(x)
			}
		}(uint64(i))
	}
	all.Wait()
}
