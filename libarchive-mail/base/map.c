/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/map.h"

#include <glib.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPS_MAX 256

/* What the handler may look at: `data` is written last and taken away first. */
struct am_map {
	_Atomic(uint8_t *) data;
	_Atomic size_t len;
	atomic_bool torn;
	bool taken;
};

static struct am_map maps[MAPS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static size_t page;

/* The page becomes one of zeros; false: it is of no map. */
static bool mend(uint8_t *at)
{
	for (size_t i = 0; i < MAPS_MAX; i++) {
		uint8_t *data = atomic_load(&maps[i].data);
		if (!data || at < data || at >= data + maps[i].len)
			continue;
		atomic_store(&maps[i].torn, true);
		at -= (uintptr_t)at % page;
		return mmap(at, page, PROT_READ,
		            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		            0) == at;
	}
	return false;
}

static void on_bus(int number, siginfo_t *info, void *context)
{
	if (mend(info->si_addr))
		return;
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(number, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(number);
	else
		/* It happens again at once, and ends the program. */
		sigaction(number, &before, NULL);
}

/* Others may have put theirs in its place since. */
static bool listen_locked(void)
{
	struct sigaction action = {.sa_sigaction = on_bus,
	                           .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct sigaction now;

	page = (size_t)sysconf(_SC_PAGESIZE);
	if (sigaction(SIGBUS, NULL, &now))
		return false;
	if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_bus)
		return true;
	before = now;
	return sigaction(SIGBUS, &action, NULL) == 0;
}

void am_map_listen(void)
{
	pthread_mutex_lock(&lock);
	(void)listen_locked();
	pthread_mutex_unlock(&lock);
}

struct am_map *am_map_new(const struct am_file *file)
{
	struct am_map *m = NULL;
	uint64_t size = am_file_size(file);

	if (!size || size > SIZE_MAX / 2)
		return NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAPS_MAX && !m; i++)
		if (!maps[i].taken)
			m = &maps[i];
	void *data = m && listen_locked()
	                     ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED,
	                            am_file_fd(file), 0)
	                     : MAP_FAILED;
	if (data == MAP_FAILED) {
		m = NULL;
	} else {
		m->taken = true;
		m->len = (size_t)size;
		atomic_store(&m->torn, false);
		atomic_store(&m->data, data);
	}
	pthread_mutex_unlock(&lock);
	return m;
}

void am_map_free(struct am_map **map)
{
	struct am_map *m = *map;

	*map = NULL;
	if (!m)
		return;
	pthread_mutex_lock(&lock);
	uint8_t *data = atomic_exchange(&m->data, NULL);
	munmap(data, m->len);
	m->taken = false;
	pthread_mutex_unlock(&lock);
}

const uint8_t *am_map_data(const struct am_map *map)
{
	return atomic_load_explicit(&map->data, memory_order_relaxed);
}

bool am_map_torn(const struct am_map *map)
{
	return map && atomic_load(&map->torn);
}
