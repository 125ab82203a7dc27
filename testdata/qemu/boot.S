.code16
.org 0
start:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive+0x7c00
    movw $400, count+0x7c00
again:
    movw $dap+0x7c00, %si
    movb drive+0x7c00, %dl
    movw count+0x7c00, %bx
    andw $3, %bx
    movb $0x42, %ah
    cmpw $0, %bx
    jne 1f
    movb $0x43, %ah
1:  movb $0, %al
    int $0x13
    movl lba+0x7c00, %eax
    addl $7, %eax
    andl $0x3fff, %eax
    jnz 2f
    movl $1, %eax
2:  movl %eax, lba+0x7c00
    decw count+0x7c00
    jnz again
    movw $0x604, %dx
    movw $0x2000, %ax
    outw %ax, %dx
3:  hlt
    jmp 3b
.align 4
dap: .byte 16, 0
     .word 8
     .word 0, 0x1000
lba: .long 64
     .long 0
count: .word 0
drive: .byte 0
.org 510
.word 0xaa55
