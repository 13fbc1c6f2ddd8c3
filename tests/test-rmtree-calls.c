/* SPDX-License-Identifier: MIT */
/*
 * test-rmtree-calls.c - how many system calls an object costs.
 *
 * Times depend on the machine and its load, these counts do not.
 */
#include "config.h"

#include "base/rmtree.h"
#include "meddle.h"
#include "testing.h"
#include "trees.h"

static double calls_per_object(unsigned objects)
{
	meddle_begin(NULL, NULL);
	ck_assert_int_eq(with__rmtree("root", NULL), 0);
	return (double)meddle_end() / objects;
}

START_TEST(empty_directory_takes_one_call)
{
	trees_begin();
	trees_directory("root");
	ck_assert_double_le(calls_per_object(1), 1.0);
}
END_TEST

START_TEST(flat_tree_takes_1_05_calls_an_object)
{
	trees_begin();
	trees_directory("root");
	trees_files("root", 1000);
	ck_assert_double_le(calls_per_object(1001), 1.05);
}
END_TEST

START_TEST(grid_takes_1_05_calls_an_object)
{
	trees_begin();
	ck_assert_double_le(calls_per_object(trees_bush("root", 20, 100, 1)),
			    1.05);
}
END_TEST

/* 1.5 and the one rmdir() that asks whether the root is empty. */
START_TEST(mixed_tree_takes_1_5_calls_an_object)
{
	unsigned objects;

	trees_begin();
	objects = trees_bush("root", 4, 5, 4);
	/* Every sixth is a directory. */
	ck_assert_double_le(calls_per_object(objects), 1.5 + 1.1 / objects +
			    trees_calls_of_old_kernel() / 6);
}
END_TEST

START_TEST(empty_directories_take_1_05_calls_each)
{
	trees_begin();
	trees_directory("root");
	trees_directories("root", 1000);
	ck_assert_double_le(calls_per_object(1001), 1.05);
}
END_TEST

START_TEST(chain_takes_4_2_calls_a_level)
{
	trees_begin();
	trees_chain("root", "d", 1000);
	ck_assert_double_le(calls_per_object(1001),
			    4.2 + trees_calls_of_old_kernel());
}
END_TEST

/* Then three levels are open, and every third is lifted. */
START_TEST(chain_takes_few_more_calls_with_four_descriptors)
{
	trees_begin();
	trees_chain("root", "d", 1000);
	trees_descriptors(4);
	ck_assert_double_le(calls_per_object(1001),
			    4.4 + trees_calls_of_old_kernel());
	trees_descriptors(0);
}
END_TEST

START_TEST(ten_files_take_five_calls_besides)
{
	trees_begin();
	trees_directory("root");
	trees_files("root", 10);
	ck_assert_double_le(calls_per_object(1), 15);
}
END_TEST

TESTING_MAIN("rmtree-calls",
	empty_directory_takes_one_call,
	flat_tree_takes_1_05_calls_an_object,
	grid_takes_1_05_calls_an_object,
	mixed_tree_takes_1_5_calls_an_object,
	empty_directories_take_1_05_calls_each,
	chain_takes_4_2_calls_a_level,
	chain_takes_few_more_calls_with_four_descriptors,
	ten_files_take_five_calls_besides)
