# What V8 writes of its builtins as far as it counts here: symbols of functions without call frame
# information, beside functions with it, one of which is V8's own.
	.text
	.macro builtin name
	.type \name, @function
\name:
	push %rbp
	mov %rsp, %rbp
	pop %rbp
	ret
	.size \name, . - \name
	.endm

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

	builtin Builtins_CEntry
	builtin Builtins_JSEntry
	builtin OtherBuiltins_CEntry
	function _ZNK2v88internal7Isolate18embedded_blob_codeEv
	function _start
