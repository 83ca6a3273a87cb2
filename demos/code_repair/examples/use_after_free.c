#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    int size = 24;
    int letters = 0;
    int lines = 3;
    char out[96];
    char *word;
    char *text = malloc(size);

    word = malloc(8);
    strcpy(word, "late");
    strcpy(text, "too ");
    strcat(text, "early");

    letters = strlen(word);
    sprintf(out, "%d letters, %d lines", letters, lines);
    puts(out);
    puts(text);
    free(text);
    lines = lines + letters;

    printf("%d\n", lines);
    printf("%s\n", text);
    fprintf(stderr, "%d %d\n", letters, size);
    puts(word);
    free(word);
    return 0;
}
