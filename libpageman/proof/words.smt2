; SPDX-License-Identifier: MIT OR GPL-2.0-only
; The lemmas of contracts.h that WP's theory of bits does not reach, as statements about 64-bit words.
;
; Each predicate says that its arguments are a counterexample. prove asks for a word pfn and a number m, for every
; number n of 0..30, and expects that there are none: unsat.
(set-logic QF_BV)
(define-sort Word () (_ BitVec 64))
(define-fun size ((n Word)) Word (bvshl #x0000000000000001 n))
(define-fun is_zero ((x Word)) Bool (= x #x0000000000000000))
(define-fun is_aligned ((pfn Word) (n Word)) Bool (is_zero (bvurem pfn (size n))))

(define-fun against_word_mask ((pfn Word) (m Word) (n Word)) Bool
  (not (= (is_zero (bvand pfn (bvsub (size n) #x0000000000000001))) (is_aligned pfn n))))
(define-fun against_word_bit ((pfn Word) (m Word) (n Word)) Bool
  (and (is_aligned pfn n)
       (not (= (is_zero (bvand pfn (size n))) (is_aligned pfn (bvadd n #x0000000000000001))))))
(define-fun against_named_bit ((pfn Word) (m Word) (n Word)) Bool
  (and (= m (size n)) (is_aligned pfn n)
       (not (= (is_zero (bvand pfn m)) (is_aligned pfn (bvadd n #x0000000000000001))))))
(define-fun against_word_page ((pfn Word) (m Word) (n Word)) Bool
  (not (and (= (bvlshr pfn #x000000000000000c) (bvudiv pfn #x0000000000001000))
            (= (is_zero (bvand pfn #x0000000000000fff)) (is_zero (bvurem pfn #x0000000000001000))))))
(define-fun against_shift_mono ((pfn Word) (m Word) (n Word)) Bool
  (and (bvule m n) (not (bvule (size m) (size n)))))

(declare-const pfn Word)
(declare-const m Word)
