/* The guest the accelerator probe runs: a ROM that walks a processor through what a kernel's start needs and says so on
 * the first serial port, one letter each:
 *   R real mode   P protected mode   L long mode with paging   X an exception caught and returned from
 *   T twenty million rounds in ring 0, CPUID, a reload of the page tables; then a triple fault, which ends the machine.
 * A processor is through in some ten milliseconds. A KVM that emulates ring 0 gets there too, in ten seconds: it is none.
 * probe-rom.ts holds the bytes this becomes; its test assembles it again:
 *   as --64 probe-rom.S -o rom.o && objcopy -O binary -j .text rom.o rom.bin
 */
        .set  top, 0xffff0000           /* where the ROM lies; offsets are counted from `start`, which lies there */
        .set  port, 0x3f8
        .text
        .code16
start:
        cli
        mov   $port, %dx
        mov   $'R', %al
        out   %al, %dx
        lgdtl %cs:(table_pointer - start)
        mov   %cr0, %eax
        or    $1, %al
        mov   %eax, %cr0
        ljmpl $8, $(top + protected - start)

        .code32
protected:
        mov   $16, %eax
        mov   %eax, %ds
        mov   %eax, %es
        mov   %eax, %ss
        mov   $0x9000, %esp
        mov   $port, %edx
        mov   $'P', %al
        out   %al, %dx
        xor   %eax, %eax                /* page tables from 0x1000 on: the first and the fourth GiB, in pages of 2 MiB */
        mov   $0x1000, %edi
        mov   $0x1000, %ecx
        rep stosl
        movl  $0x2003, 0x1000
        movl  $0x3003, 0x2000
        movl  $0x4003, 0x2018
        mov   $0x83, %eax
        mov   $0x3000, %edi
        call  fill
        mov   $0xc0000083, %eax
        mov   $0x4000, %edi
        call  fill
        mov   %cr4, %eax
        or    $0x20, %eax
        mov   %eax, %cr4
        mov   $0x1000, %eax
        mov   %eax, %cr3
        mov   $0xc0000080, %ecx
        rdmsr
        or    $0x100, %eax
        wrmsr
        mov   %cr0, %eax
        or    $0x80000000, %eax
        mov   %eax, %cr0
        ljmp  $24, $(top + long - start)
fill:   mov   $512, %ecx
1:      mov   %eax, (%edi)
        add   $8, %edi
        add   $0x200000, %eax
        dec   %ecx
        jnz   1b
        ret

        .code64
long:
        mov   $port, %edx
        mov   $'L', %al
        out   %al, %dx
        lea   handler(%rip), %rax       /* one interrupt gate, for vector 6, at 0x6000 */
        mov   %ax, 0x6060
        movl  $24, 0x6062
        movb  $0x8e, 0x6065
        shr   $16, %rax
        mov   %ax, 0x6066
        shr   $16, %rax
        mov   %eax, 0x6068
        movl  $0, 0x606c
        lidt  interrupts(%rip)
        ud2
        mov   $20000000, %ecx
2:      dec   %ecx
        jnz   2b
        xor   %eax, %eax
        cpuid
        mov   %cr3, %rax
        mov   %rax, %cr3
        mov   $port, %edx
        mov   $'T', %al
        out   %al, %dx
        lidt  nothing(%rip)
        ud2
handler:
        mov   $port, %edx
        mov   $'X', %al
        out   %al, %dx
        addq  $2, (%rsp)
        iretq

        .balign 8
table:  .quad 0
        .quad 0x00cf9b000000ffff        /* 8: 32-bit code */
        .quad 0x00cf93000000ffff        /* 16: data */
        .quad 0x00af9b000000ffff        /* 24: 64-bit code */
table_pointer:
        .word table_pointer - table - 1
        .long top + table - start
interrupts:
        .word 0x6f
        .quad 0x6000
nothing:
        .word 0
        .quad 0
