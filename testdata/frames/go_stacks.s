# What Go's linker writes as far as it counts here: its section, and the symbols of functions.
	.section .go.buildinfo, "aw"
	.byte 0

	.text
	.macro function name
	.globl \name
	.type \name, @function
\name:
	.cfi_startproc
	nop
	ret
	.cfi_endproc
	.size \name, . - \name
	.endm

	function _start
	function runtime.systemstack.abi0
	function runtime.newproc.abi0
	function runtime.mcall
	function runtime.morestack.abi0
	function runtime.systemstack_switch.abi0
	function runtime.nanotime1.abi0
	function time.now
