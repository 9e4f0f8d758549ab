/* Runs what mcconfig built for the Moddable simulator without a display: headless mc.so. Ends with the code that the app posts as "exit CODE",
   with 100 and XS's number when XS gave up; SIGINT and SIGTERM reach the app as the message "stop". */
#include <dlfcn.h>
#include <glib.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"

/* The SDK's own simulator calls at each frame. */
#define frameMilliseconds 16
/* What the app has for its goodbye. */
#define goodbyeSeconds 5

static GMainLoop* loop;
static int code = 0;
static guint frames = 0;

static gboolean leave(gpointer data)
{
	(void)data;
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static void end(int wanted)
{
	code = wanted;
	g_idle_add(leave, NULL);
}

static void onAbort(txScreen* screen, int status)
{
	(void)screen;
	fprintf(stderr, "headless: XS gave up with status %d\n", status);
	/* Nothing of it may run again. */
	exit(100 + status);
}

static void onBuffer(txScreen* screen)
{
	(void)screen;
}

static gboolean frame(gpointer data)
{
	txScreen* screen = data;
	if (screen->idle)
		screen->idle(screen);
	return G_SOURCE_CONTINUE;
}

static void onStart(txScreen* screen, double interval)
{
	(void)interval;
	if (!frames)
		frames = g_timeout_add(frameMilliseconds, frame, screen);
}

static void onStop(txScreen* screen)
{
	(void)screen;
	if (frames)
		g_source_remove(frames);
	frames = 0;
}

static void onPost(txScreen* screen, char* message, int size)
{
	(void)screen;
	int wanted;
	if (!size && sscanf(message, "exit %d", &wanted) == 1)
		end(wanted);
}

static gboolean tooLate(gpointer data)
{
	(void)data;
	fprintf(stderr, "headless: no goodbye within %d seconds\n", goodbyeSeconds);
	end(1);
	return G_SOURCE_REMOVE;
}

static gboolean onSignal(gpointer data)
{
	txScreen* screen = data;
	char stop[] = "stop";
	if (screen->invoke)
		screen->invoke(screen, stop, 0);
	g_timeout_add_seconds(goodbyeSeconds, tooLate, NULL);
	return G_SOURCE_CONTINUE;
}

int main(int count, char** words)
{
	if (count != 2) {
		fprintf(stderr, "usage: headless mc.so\n");
		return 2;
	}
	void* library = dlopen(words[1], RTLD_NOW);
	txScreenLaunchProc launch = library ? (txScreenLaunchProc)dlsym(library, "fxScreenLaunch") : NULL;
	if (!launch) {
		fprintf(stderr, "headless: %s\n", dlerror());
		return 2;
	}
	txScreen* screen = calloc(1, sizeof(txScreen));
	if (!screen)
		return 2;
	/* Its width and height of 0 say that nobody looks. */
	screen->abort = onAbort;
	screen->bufferChanged = onBuffer;
	screen->formatChanged = onBuffer;
	screen->post = onPost;
	screen->start = onStart;
	screen->stop = onStop;
	mxCreateMutex(&screen->workersMutex);
	loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGINT, onSignal, screen);
	g_unix_signal_add(SIGTERM, onSignal, screen);
	launch(screen);
	if (!screen->machine) {
		fprintf(stderr, "headless: no machine\n");
		return 2;
	}
	g_main_loop_run(loop);
	return code;
}
